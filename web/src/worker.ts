// The worker that has the core: keys, ratchets, the store and the connection.
import { openCore } from './core/core.ts'
import { serveCore, type FromWorker, type ToWorker } from './ui/core_link.ts'

const scope = self as unknown as DedicatedWorkerGlobalScope

// Calls that come before the core is open wait for it.
const serving = openCore().then((core) => serveCore(core, (message: FromWorker) => scope.postMessage(message)))
scope.onmessage = async (event: MessageEvent<ToWorker>) => (await serving)(event.data)
