// What the engine (policy/browser) asks of its page: regular expressions (re2js, which has RE2's
// syntax and leftmost matches in linear time) and hashes. policy/browser/page.h is the other side.
import { sha256 } from '@noble/hashes/sha2.js'
import { RE2JS } from 're2js'
import siphash from 'siphash'

const kMarked = 'span'

/** An expression is compiled when a text first needs it. */
class Pattern {
  readonly #source: string
  #compiled: RE2JS | null = null
  #marks = false

  constructor(source: string) {
    this.#source = source
  }
  compile(): RE2JS {
    if (this.#compiled === null) {
      this.#compiled = RE2JS.compile(this.#source)
      this.#marks = kMarked in this.#compiled.namedGroups()
    }
    return this.#compiled
  }
  get marks(): boolean {
    return this.#marks
  }
}

/** The engine's imports. `memory` is asked for at each call: it moves when it grows. */
export class Page {
  readonly #patterns: Pattern[] = []
  #memory: WebAssembly.Memory | null = null

  attach(memory: WebAssembly.Memory): void {
    this.#memory = memory
  }

  /** Compiles, step by step, what a later judgement would have to compile. */
  *compiling(): Generator<void> {
    for (const pattern of this.#patterns) {
      pattern.compile()
      yield
    }
  }

  readonly imports = {
    pattern_add: (at: number, size: number): number =>
      this.#patterns.push(new Pattern(new TextDecoder().decode(this.#bytes(at, size)))) - 1,
    pattern_test: (number: number, at: number, size: number): number =>
      this.#patterns[number]!.compile().test(this.#bytes(at, size)) ? 1 : 0,
    pattern_find: (number: number, at: number, size: number, from: number, out: number): number => {
      const pattern = this.#patterns[number]!
      const matcher = pattern.compile().matcher(this.#bytes(at, size))
      if (!matcher.find(from)) return 0
      const found = [matcher.start(), matcher.end()]
      const marked = pattern.marks ? [matcher.start(kMarked), matcher.end(kMarked)] : found
      const view = new DataView(this.#memory!.buffer, out, 16)
      ;[...found, ...(marked[0]! < 0 ? found : marked)].forEach((value, i) => view.setUint32(4 * i, value, true))
      return 1
    },
    sha256: (at: number, size: number, out: number): void => {
      this.#bytes(out, 32).set(sha256(this.#bytes(at, size)))
    },
    siphash: (at: number, size: number, key: number, out: number): void => {
      const words = new DataView(this.#memory!.buffer, key, 16)
      const hash = siphash.hash(Uint32Array.from([0, 4, 8, 12], (i) => words.getUint32(i, true)), this.#bytes(at, size))
      const view = new DataView(this.#memory!.buffer, out, 8)
      view.setUint32(0, hash.l, true)
      view.setUint32(4, hash.h, true)
    },
  }

  #bytes(at: number, size: number): Uint8Array {
    return new Uint8Array(this.#memory!.buffer, at, size)
  }
}
