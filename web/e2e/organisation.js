// The example organisation that flows_test.py started: its programs, and what its people do.
import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'

const folder = process.env.CANDOUR_ORG
const bin = process.env.CANDOUR_BIN
const run = promisify(execFile)
const read = (path) => readFileSync(`${folder}/${path}`, 'utf8').trim()
const ports = JSON.parse(read('ports.json'))

export const kHost = `localhost:${ports.relay}`
export const kSite = `https://${kHost}`
export const kPassphrase = 'a long enough passphrase'
export const kTeam = JSON.parse(read('groups.json'))['team-a']

const remote = ['--relay', `127.0.0.1:${ports.relay}`, '--tls-name', 'localhost', '--ca', `${folder}/public/tls.crt`, '--root', `${folder}/public/root.vkey`]
const registrar = ['--key', `${folder}/registrar-1/registrar-1.key`]
const ctl = async (...args) => (await run(`${bin}/candourctl`, args)).stdout

/** One verb of the terminal client; its events. */
export async function candour(person, args, input = '') {
  const running = run(`${bin}/candour`, [
    '--state', `${folder}/${person}/state`, '--passphrase-file', `${folder}/${person}/passphrase`, '--json', ...args,
  ])
  running.child.stdin.end(input)
  return (await running).stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line))
}
export const history = async (person) => (await candour(person, ['history', '--group', kTeam])).map((event) => event.text)

/** What a registrar gives a person, as the fragment of a link. */
export function invitation(person, name, role) {
  const offer = [
    'candour-enrolment-offer/v1', `relay wss://${kHost}`, `root ${read('public/root.vkey')}`, 'organisation example-constabulary',
    `person ${person}`, `name ${name}`, `role ${role}`, 'unit team-a',
  ].join('\n') + '\n'
  return `${kSite}/#enrol=${Buffer.from(offer).toString('base64url')}`
}

/** The fingerprint on the registrar's paper. */
export function rootFingerprint() {
  const key = Buffer.from(read('public/root.vkey').split('+').slice(2).join('+'), 'base64').subarray(1)
  return createHash('sha256').update(key).digest('hex')
}

/** Two registrars look at the request and sign; one publishes the certificate. */
export async function certify(person, request) {
  const path = `${folder}/drafts/${person}`
  writeFileSync(`${path}.request`, request)
  for (const n of [1, 2]) {
    await ctl('approve', '--key', `${folder}/registrar-${n}/registrar-${n}.key`, '--request', `${path}.request`,
      '--certificate', `${path}.certificate`, '--statement', `${folder}/public/statement.note`, '--root', `${folder}/public/root.vkey`)
  }
  await ctl('publish', ...remote, ...registrar, `${path}.certificate`)
  return readFileSync(`${path}.certificate`, 'utf8')
}
export const addMember = (device) => ctl('group', 'add', ...remote, ...registrar, '--group', kTeam, '--member', device)
export const revoke = (device) => ctl('revoke', ...remote, ...registrar, '--device', device, '--reason', 'lost')

/** Author and approver sign a version of the rules with one more, which browsers can fetch and the log has; the bot stays at
 * the version before. */
export async function moreRules(version, rule) {
  const pack = `${folder}/drafts/policy-${version}`
  cpSync(`${folder}/bot/policy`, pack, { recursive: true })
  writeFileSync(`${pack}/more.toml`, rule)
  await ctl('policy', 'note', pack, '--name', 'candour-default', '--version', version)
  for (const who of ['policy-author', 'policy-approver']) {
    await ctl('policy', 'sign', pack, '--key', `${folder}/${who}/${who}.key`, '--statement', `${folder}/public/statement.note`, '--root', `${folder}/public/root.vkey`)
  }
  await ctl('policy', 'compile', pack, '--out', `${folder}/relay/policy`)
  process.kill(relay.pid, 'SIGHUP')
  await ctl('policy', 'publish', pack, ...remote, '--key', `${folder}/policy-author/policy-author.key`, '--wait')
}

/** A server of the organisation that can be stopped and started again. */
class Server {
  constructor(pid, args) {
    this.pid = pid
    this.args = args
  }
  async stop() {
    process.kill(this.pid, 'SIGTERM')
    for (let i = 0; i < 300; ++i) {
      try {
        process.kill(this.pid, 0)
      } catch {
        return
      }
      // One that somebody else started stays in the table until they look after it.
      if (readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1].startsWith('Z')) return
      await new Promise((later) => setTimeout(later, 100))
    }
    throw new Error(`${this.args[0]} does not end`)
  }
  start() {
    return new Promise((ready, failed) => {
      this.child = spawn(this.args[0], this.args.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] })
      this.pid = this.child.pid
      this.child.once('exit', () => failed(new Error(`${this.args[0]} ended`)))
      this.child.stdout.once('data', ready)
    })
  }
  end() {
    this.child?.removeAllListeners('exit')
    this.child?.kill('SIGTERM')
  }
}
export const relay = new Server(Number(process.env.CANDOUR_RELAY_PID), [`${bin}/candour-relay`, '--config', `${folder}/relay/relay.toml`])
export const bot = new Server(Number(process.env.CANDOUR_BOT_PID), [`${bin}/candour-bot`, '--config', `${folder}/bot/bot.toml`])
