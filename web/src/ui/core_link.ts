// The core as the screens hold it: it runs in a worker of its own, so that no encryption and no
// passphrase ever holds up typing. Everything that crosses is plain data.
import type { Change, Core, CoreState, EnrolmentOffer, Result } from '../core/api.ts'

/** Core, but what answers at once there answers later here; `state` is the newest that came. */
export interface CoreLink extends Omit<Core, 'readOffer' | 'touch'> {
  readOffer(offer: string): Promise<Result<EnrolmentOffer>>
  touch(): void
}

type Call = { readonly id: number; readonly name: string; readonly with: readonly unknown[] }
export type ToWorker = Call
export type FromWorker =
  | { readonly type: 'opened'; readonly state: CoreState }
  | { readonly type: 'change'; readonly change: Change }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number }

const kCalls = [
  'readOffer', 'enrol', 'installCertificate', 'unlock', 'changePassphrase', 'lock', 'setIdleLock', 'touch',
  'forget', 'goOffline', 'goOnline', 'messages', 'search', 'markRead', 'composer', 'saveComposer', 'prove',
  'markAlarmsSeen', 'sendText', 'sendReaction', 'sendPoll', 'sendVote', 'edit', 'deleteForEveryone', 'withdraw',
  'overrideWarning', 'dispute', 'report', 'acknowledgeNotice', 'alertStep',
  'appeal', 'resubmit', 'people', 'changeGroup', 'clearRequests', 'proveReport',
  'alertContext', 'ownRecord', 'dismissDuty', 'invitation',
] as const satisfies ReadonlyArray<keyof Core>

/** The worker's end: makes every call on `core` and tells what changed. */
export function serveCore(core: Core, post: (message: FromWorker) => void): (call: ToWorker) => Promise<void> {
  core.subscribe((change) => post({ type: 'change', change }))
  post({ type: 'opened', state: core.state() })
  const known = new Set<string>(kCalls)
  return async ({ id, name, with: values }) => {
    try {
      if (!known.has(name)) throw new Error(name)
      const method = core[name as (typeof kCalls)[number]] as (...values: unknown[]) => unknown
      post({ type: 'answer', id, value: await method.apply(core, [...values]) })
    } catch {
      post({ type: 'failed', id })
    }
  }
}

/** Resolves once the core is open; rejects when the worker cannot be started. */
export function linkCore(worker: Worker): Promise<CoreLink> {
  let newest: CoreState | null = null
  let lastId = 0
  const waiting = new Map<number, { done: (value: unknown) => void; fail: (error: Error) => void }>()
  const listeners = new Set<(change: Change) => void>()
  const call = (name: string, values: readonly unknown[]): Promise<unknown> =>
    new Promise((done, fail) => {
      const id = ++lastId
      waiting.set(id, { done, fail })
      worker.postMessage({ id, name, with: values } satisfies ToWorker)
    })
  const link: Record<string, unknown> = {
    state: () => newest,
    subscribe: (listener: (change: Change) => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  for (const name of kCalls) link[name] = (...values: readonly unknown[]) => call(name, values)
  return new Promise((opened, failed) => {
    worker.onerror = () => failed(new Error('the worker did not start'))
    worker.onmessage = (event: MessageEvent<FromWorker>) => {
      const message = event.data
      if (message.type === 'opened') {
        newest = message.state
        opened(link as unknown as CoreLink)
      } else if (message.type === 'change') {
        if (message.change.type === 'state') newest = message.change.state
        for (const listener of listeners) listener(message.change)
      } else {
        const asked = waiting.get(message.id)
        waiting.delete(message.id)
        if (message.type === 'answer') asked?.done(message.value)
        else asked?.fail(new Error('the core failed'))
      }
    }
  })
}
