// Starts the page: the worker with the core, then the screens.
import './ui/styles/tokens.css'
import './ui/styles/base.css'
import './ui/styles/frame.css'
import './ui/styles/conversation.css'
import './ui/styles/desk.css'
import './ui/styles/people.css'
import './ui/app.ts'
import { text } from './text/en.ts'
import { linkCore } from './ui/core_link.ts'
import { closeDialogs } from './ui/dialog.ts'
import { applyTheme, theme } from './ui/preferences.ts'
import { Store } from './ui/store.ts'
import { useStore } from './ui/view.ts'
import workerAddress from './worker.ts?worker&url'

const kTouchMs = 10_000

/** The one address code is ever started from, by name: the page allows no other policy. */
function trusted(address: string): string {
  const factory = (window as { trustedTypes?: { createPolicy(name: string, rules: object): { createScriptURL(address: string): unknown } } }).trustedTypes
  if (factory === undefined) return address
  const policy = factory.createPolicy('candour-worker', {
    createScriptURL: (wanted: string) => {
      if (wanted !== workerAddress) throw new TypeError('not the worker of this page')
      return wanted
    },
  })
  return policy.createScriptURL(address) as string
}

applyTheme(theme())
const root = document.querySelector('#app')!
try {
  const core = await linkCore(new Worker(trusted(workerAddress), { type: 'module' }))
  const store = new Store(core)
  useStore(store)
  let phase = store.state.phase
  store.addEventListener('change', () => {
    if (store.state.phase !== phase) closeDialogs()
    phase = store.state.phase
  })
  let touched = 0
  for (const event of ['pointerdown', 'keydown'] as const) {
    addEventListener(event, () => {
      if (performance.now() - touched < kTouchMs) return
      touched = performance.now()
      core.touch()
    }, { passive: true })
  }
  root.replaceChildren(document.createElement('c-app'))
} catch {
  root.textContent = text.lostWorker
}
