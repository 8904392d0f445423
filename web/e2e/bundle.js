// What the first load costs over the wire: every file of the built app, compressed as the relay
// compresses it, but for the pre-check, which is fetched when somebody first writes (flows.js checks
// that). Fails above the bound.
// Usage: node bundle.js APP_FOLDER
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const kMax = 250 * 1024
const app = process.argv[2]
const kLater = /^(precheck_worker-.*\.js|policy-.*\.wasm)$/
let total = 0
let later = 0
for (const entry of readdirSync(app, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue
  const size = gzipSync(readFileSync(join(entry.parentPath ?? entry.path, entry.name)), { level: 9 }).length
  if (size > 1024) console.log(`${String(size).padStart(8)}  ${entry.name}`)
  if (kLater.test(entry.name)) later += size
  else total += size
}
console.log(`first load: ${(total / 1024).toFixed(1)} KB gzip (at most ${kMax / 1024})`)
console.log(`the pre-check: ${(later / 1024).toFixed(1)} KB gzip, and the rules`)
const page = readFileSync(join(app, 'index.html'), 'utf8')
const inline = /<script(?![^>]*\ssrc=)|<style|\son[a-z]+=|style=/.test(page)
if (inline) console.log('FAILED  index.html has code or style in itself, which its policy forbids')
if (total > kMax) console.log('FAILED  the first load is too large')
process.exit(inline || total > kMax ? 1 : 0)
