// The policy engine of policy/, compiled to WebAssembly, with one policy pack.
//
// The module has no JavaScript of its own: it asks for what page.ts gives, and for a handful of
// functions of an operating system, of which it needs none. Synchronous; one instance, one worker.
import { fromUtf8 } from '../core/bytes.ts'
import { Reader } from '../core/codec.ts'
import { Page } from './page.ts'
import { readAnswer, type Judgement, writeRequest, type Question } from './request.ts'

interface Exports {
  readonly memory: WebAssembly.Memory
  _initialize(): void
  candour_input(size: number): number
  candour_load(size: number): number
  candour_judge(size: number): number
  candour_output(): number
  candour_output_size(): number
}

/** What was wrong with module, pack or request, in words for a log of errors; never text of people. */
export class EngineFailure extends Error {}

const system = {
  proc_exit: (status: number): never => {
    throw new EngineFailure(`the policy engine stopped with ${status}`)
  },
  // Written to only by what is about to stop.
  fd_write: (): number => 0,
  fd_seek: (): number => 0,
  fd_close: (): number => 0,
}

export class Engine {
  readonly #exports: Exports
  readonly #page: Page
  readonly name: string
  readonly version: string
  /** The policy version: the digest of the pack's note. */
  readonly digest: string

  private constructor(exports: Exports, page: Page, pack: Uint8Array) {
    this.#exports = exports
    this.#page = page
    const loaded = new Reader(this.#call('candour_load', pack))
    this.name = loaded.text()
    this.version = loaded.text()
    this.digest = loaded.id(32)
  }

  /** `pack` as `candourctl policy compile` writes it, checked by its caller against the signed note. */
  static async load(module: WebAssembly.Module, pack: Uint8Array): Promise<Engine> {
    const page = new Page()
    const { exports } = await WebAssembly.instantiate(module, {
      page: page.imports,
      env: { emscripten_notify_memory_growth: () => undefined },
      wasi_snapshot_preview1: system,
    })
    const engine = exports as unknown as Exports
    page.attach(engine.memory)
    engine._initialize()
    return new Engine(engine, page, pack)
  }

  judge(question: Question): Judgement {
    return readAnswer(this.answer(writeRequest(question)), question.text)
  }

  /** A request and its answer as policy/browser/request.h has them. */
  answer(request: Uint8Array): Uint8Array {
    return this.#call('candour_judge', request)
  }

  get memoryMiB(): number {
    return Math.round(this.#exports.memory.buffer.byteLength / 2 ** 20)
  }

  /** Steps that compile what a later judgement would have to. */
  warming(): Generator<void> {
    return this.#page.compiling()
  }

  #call(name: 'candour_load' | 'candour_judge', input: Uint8Array): Uint8Array {
    const engine = this.#exports
    const at = engine.candour_input(input.length)
    new Uint8Array(engine.memory.buffer, at, input.length).set(input)
    const done = engine[name](input.length)
    const out = new Uint8Array(engine.memory.buffer, engine.candour_output(), engine.candour_output_size()).slice()
    if (done === 0) throw new EngineFailure(fromUtf8(out) ?? name)
    return out
  }
}
