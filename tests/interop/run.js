// Live interoperation of mls/ with ts-mls: every scenario in every setting, a line each.
// Usage: node run.js PROGRAM [PATTERN [SEEDS]]
//   PROGRAM: candour-mls-peer; PATTERN: only scenarios whose line matches; SEEDS: how many of churn
// Exit status: 0 all as expected, 1 something was not, 2 wrong usage.
import { CppProcess } from "./cpp_member.js"
import { known } from "./known.js"
import { churn } from "./scenarios/churn.js"
import { delivery } from "./scenarios/delivery.js"
import { membership } from "./scenarios/membership.js"
import { parameters } from "./scenarios/parameters.js"
import { candourProfile } from "./scenarios/profile.js"
import { wide } from "./scenarios/wide.js"
import { World } from "./world.js"

const scenariosWith = (seeds) => [
  ...membership,
  ...delivery,
  ...parameters,
  ...candourProfile,
  ...wide,
  ...churn(seeds),
]

const settings = [3, 1].flatMap((suite) =>
  [false, true].flatMap((publicMessage) =>
    ["cpp", "ts"].map((creator) => ({ suite, publicMessage, creator })),
  ),
)

const sides = { cpp: "ours creates, ts-mls joins", ts: "ts-mls creates, ours joins" }

const describe = ({ suite, publicMessage, creator }) =>
  `suite ${suite}, ${publicMessage ? "PublicMessage" : "PrivateMessage"}, ${sides[creator]}`

/** So many at a time: while one waits for our program or for WebCrypto, another goes on. */
const jobsAtOnce = 4

/** The error it ends with, or nothing; and how long it took. */
async function attempt(run, world) {
  const begun = performance.now()
  const error = await run(world).then(
    () => undefined,
    (e) => e,
  )
  return { error, ms: Math.round(performance.now() - begun) }
}

async function scenario(program, { run }, setting) {
  const world = new World(program, setting)
  const { error, ms } = await attempt(run, world)
  if (error) return { verdict: "FAIL ", detail: error.stack }
  const out = world.stranded ? `; ${world.stranded} kept out by ts-mls's known fault` : ""
  return { verdict: "ok   ", note: ` (${ms} ms${out})` }
}

async function knownFailure(program, { reason, fails, run }, setting) {
  const { error } = await attempt(run, new World(program, setting))
  if (!error) return { verdict: "FAIL ", detail: "is listed in known.js, and passes now" }
  if (fails.test(error.message)) return { verdict: "known", detail: reason }
  return { verdict: "FAIL ", detail: `does not fail as known.js says: ${error.stack}` }
}

function allJobs(program, seeds) {
  const jobs = []
  const scenarios = scenariosWith(seeds)
  for (const setting of settings) {
    for (const s of scenarios.filter(({ only }) => only === undefined || only(setting))) {
      const line = `${describe(setting)}: ${s.name}`
      jobs.push({ line, run: () => scenario(program, s, setting) })
    }
  }
  for (const suite of [3, 1]) {
    const setting = { suite, publicMessage: false, creator: "cpp" }
    for (const k of known) {
      const line = `suite ${suite}: ${k.name}`
      jobs.push({ line, run: () => knownFailure(program, k, setting) })
    }
  }
  return jobs
}

async function runAll(program, pattern, seeds) {
  const jobs = allJobs(program, seeds).filter(({ line }) => pattern.test(line))
  const counts = { "ok   ": 0, known: 0, "FAIL ": 0 }
  const worker = async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const { verdict, note = "", detail } = await job.run()
      counts[verdict] += 1
      console.log(`${verdict} ${job.line}${note}`)
      if (detail) console.log(`      ${detail.replaceAll("\n", "\n      ")}`)
    }
  }
  await Promise.all(Array.from({ length: jobsAtOnce }, worker))
  const { "ok   ": passed, known: expected, "FAIL ": failed } = counts
  console.log(`${passed} passed, ${expected} known failures of ts-mls, ${failed} failed`)
  return failed
}

const [path, pattern = "", seeds = "6"] = process.argv.slice(2)
if (!path) {
  console.error("usage: node run.js PROGRAM [PATTERN [SEEDS]]")
  process.exit(2)
}
const program = new CppProcess(path)
const failed = await runAll(program, new RegExp(pattern), Number(seeds))
const status = await program.close()
if (status !== 0) console.log(`candour-mls-peer ended with status ${status}`)
process.exit(failed === 0 && status === 0 ? 0 : 1)
