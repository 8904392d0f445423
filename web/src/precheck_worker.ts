// The worker of the pre-check: the policy engine and what it remembers of conversations. It is started
// when somebody first writes, and ended when the device is locked. It has no keys.
import engineAddress from 'virtual:candour-engine'
import { Engine } from './precheck/engine.ts'
import type { FromPrecheck, ToPrecheck, Without } from './precheck/link.ts'
import { Memory } from './precheck/memory.ts'
import { fetchPack } from './precheck/pack.ts'

/** Expressions are compiled ahead for so long at a time, and then a check may come in between. */
const kWarmMs = 8

const scope = self as unknown as DedicatedWorkerGlobalScope
let starting: Promise<Memory | null> | null = null
const post = (message: FromPrecheck): void => scope.postMessage(message)

/** The engine itself; null when it cannot be fetched now, which says nothing against it. */
async function fetchEngine(address: string): Promise<WebAssembly.Module | null> {
  try {
    const answer = await fetch(address)
    return answer.ok ? await WebAssembly.compileStreaming(answer) : null
  } catch (thrown) {
    // Others are of the network, before or in the middle of it.
    if (thrown instanceof WebAssembly.CompileError) throw thrown
    return null
  }
}

async function start(digest: string): Promise<Engine | Without> {
  if (engineAddress === null) return 'not-built'
  const began = performance.now()
  const [module, pack] = await Promise.all([fetchEngine(engineAddress), fetchPack(digest)])
  if (module === null) return 'no-pack'
  if (typeof pack === 'string') return pack
  const engine = await Engine.load(module, pack).catch(async (thrown: unknown) => {
    // What the browser kept may have been put right where it comes from.
    const fresh = await fetchPack(digest, true)
    if (typeof fresh === 'string') throw thrown
    return Engine.load(module, fresh)
  })
  if (engine.digest !== digest) return 'other-pack'
  post({ type: 'ready', name: engine.name, version: engine.version, ms: performance.now() - began })
  return engine
}

function warm(steps: Generator<void>): void {
  const until = performance.now() + kWarmMs
  try {
    while (performance.now() < until) if (steps.next().done === true) return
  } catch {
    return stop()
  }
  setTimeout(() => warm(steps))
}

/** Nothing more is asked of an engine that failed once. */
function stop(): void {
  starting = Promise.resolve(null)
  post({ type: 'without', why: 'failed' })
}

async function begin(digest: string): Promise<Memory | null> {
  const engine = await start(digest).catch((): Without => 'failed')
  if (typeof engine === 'string') {
    post({ type: 'without', why: engine })
    return null
  }
  setTimeout(() => warm(engine.warming()))
  return new Memory(engine)
}

scope.onmessage = async ({ data }: MessageEvent<ToPrecheck>) => {
  if (data.type === 'policy') {
    starting ??= begin(data.digest)
    return
  }
  const memory = await starting
  if (memory === null) return
  try {
    if (data.type === 'lines') return memory.take(data.group, data.groupClass, data.lines)
    const began = performance.now()
    const { verdict, findings } = memory.judge(data.group, data.groupClass, data.line)
    post({ type: 'checked', id: data.id, holds: verdict !== 'release', findings, ms: performance.now() - began })
  } catch {
    stop()
  }
}
