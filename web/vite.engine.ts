// The policy engine as `ninja candour-policy-wasm` made it, for the app's build: a file of its own,
// fetched only when somebody writes. CANDOUR_ENGINE says where it is; where it is not, the app is
// built without a pre-check and says so to people.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Plugin } from 'vite'

const kName = 'virtual:candour-engine'
const file = resolve(process.env['CANDOUR_ENGINE'] ?? '../build/web/engine/policy.wasm')

export const engine = (): Plugin => ({
  name: 'candour-engine',
  resolveId: (id) => (id === kName ? '\0' + kName : null),
  load(id) {
    if (id !== '\0' + kName) return null
    if (existsSync(file)) return `export { default } from ${JSON.stringify(file + '?url')}`
    this.warn(`no policy engine at ${file}: the app has no pre-check (script/bootstrap --dev, script/build)`)
    return 'export default null'
  },
})
