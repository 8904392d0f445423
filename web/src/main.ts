// Starts the page: the worker with the core, then the screens.
import './ui/styles/tokens.css'
import './ui/styles/base.css'
import './ui/styles/frame.css'
import './ui/styles/conversation.css'
import './ui/styles/desk.css'
import './ui/styles/people.css'
import './ui/styles/precheck.css'
import './ui/app.ts'
import { text } from './text/en.ts'
import { linkCore } from './ui/core_link.ts'
import { closeDialogs } from './ui/dialog.ts'
import { applyTheme, theme } from './ui/preferences.ts'
import { Store } from './ui/store.ts'
import { useStore } from './ui/view.ts'
import { usePrecheck, WorkerPrecheck } from './ui/precheck.ts'
import { starter } from './ui/workers.ts'
import precheckAddress from './precheck_worker.ts?worker&url'
import workerAddress from './worker.ts?worker&url'

const kTouchMs = 10_000

applyTheme(theme())
const root = document.querySelector('#app')!
try {
  const start = starter([workerAddress, precheckAddress])
  const core = await linkCore(start(workerAddress))
  const store = new Store(core)
  useStore(store)
  usePrecheck(new WorkerPrecheck(store, () => start(precheckAddress)))
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
