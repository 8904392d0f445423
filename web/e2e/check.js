// What the browser tests share: named checks that all run, counted at the end.
export class Checks {
  failed = 0
  passed = 0
  check(name, good, detail = '') {
    if (good) ++this.passed
    else {
      ++this.failed
      console.log(`FAILED  ${name}${detail === '' ? '' : `: ${detail}`}`)
    }
  }
  equal(name, got, wanted) {
    this.check(name, got === wanted, `got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`)
  }
  /** Runs one scenario; what it throws is a failure of that scenario, and the next one runs. */
  async scenario(name, run, look = async () => {}) {
    const started = performance.now()
    try {
      await run()
      console.log(`${name}: ${Math.round(performance.now() - started)} ms`)
    } catch (error) {
      await look().catch(() => {})
      this.check(name, false, error instanceof Error ? error.message.split('\n').slice(0, 12).join('\n        ') : String(error))
    }
  }
  /** The exit status. */
  end() {
    console.log(`${this.passed} checks passed, ${this.failed} failed`)
    return this.failed === 0 && this.passed > 0 ? 0 : 1
  }
}
