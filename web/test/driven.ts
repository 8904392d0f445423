// The terminal client driven by this process over one connection (client/terminal/driven.h).
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

import type { Event } from './organisation.ts'

const word = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n')

/** What a verb printed, and the code it ended with; '' when it was done. */
export interface Said {
  readonly lines: readonly Event[]
  readonly code: string
}

export class Driven {
  readonly #process: ChildProcess
  readonly #ended: Promise<void>
  #said: Event[] = []
  #waiting: ((said: Said) => void) | null = null
  #gone = false

  constructor(program: string, args: readonly string[]) {
    this.#process = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#ended = new Promise((resolve) => this.#process.once('exit', () => resolve()))
    createInterface({ input: this.#process.stdout! }).on('line', (line) => {
      const event = JSON.parse(line) as Event
      if (event.event !== 'answer') {
        this.#said.push(event)
        return
      }
      const lines = this.#said
      this.#said = []
      const waiting = this.#waiting
      this.#waiting = null
      waiting?.({ lines, code: String(event.error ?? '') })
    })
    void this.#ended.then(() => {
      this.#gone = true
      this.#waiting?.({ lines: [], code: 'ended' })
    })
  }

  /** One verb at a time. */
  run(...words: readonly string[]): Promise<Said> {
    if (this.#gone) return Promise.resolve({ lines: [], code: 'ended' })
    return new Promise((resolve) => {
      this.#waiting = resolve
      this.#process.stdin!.write(`${words.map(word).join('\t')}\n`)
    })
  }

  async end(): Promise<void> {
    this.#process.stdin!.end()
    await this.#ended
  }
}
