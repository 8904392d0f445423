// The app's own screens on made data (specimen_data.ts), on the page's thread. Everything that is
// checked about the core is checked with the real one (flows.ts); here only how screens look,
// read out and cope. `#phase=locked`, `#appeal=approved`, `#requests`, `#unchecked`, `#notice`, `#offline`, `#waiting`, `#unreceipted` and `#blocked` choose a state.
import '../src/ui/styles/tokens.css'
import '../src/ui/styles/base.css'
import '../src/ui/styles/frame.css'
import '../src/ui/styles/conversation.css'
import '../src/ui/styles/desk.css'
import '../src/ui/styles/people.css'
import '../src/ui/styles/precheck.css'
import '../src/ui/app.ts'
import type { Change, CoreState, MessageView, Phase } from '../src/core/api.ts'
import type { CoreLink } from '../src/ui/core_link.ts'
import { applyTheme, theme } from '../src/ui/preferences.ts'
import { usePrecheck } from '../src/ui/precheck.ts'
import { Store } from '../src/ui/store.ts'
import { useStore } from '../src/ui/view.ts'
import { appeals, checkedDraft, colleagues, device, hostileMessages, kNow, longHistory, policyHash, proofHash, readyState, teamMessages, withheld } from './specimen_data.ts'

const options = new URLSearchParams(location.hash.slice(1))
Date.now = () => kNow

let state: CoreState = readyState()
const phase = options.get('phase') as Phase | null
if (phase !== null) state = { ...state, phase, device: phase === 'empty' ? null : { ...device, request: 'candour-enrolment/v1\norganisation example-constabulary\n' } }
if (options.has('notice')) state = { ...state, notice: { ...state.notice!, acknowledged: false } }
if (options.has('offline')) state = { ...state, connection: { ...state.connection, state: 'offline' } }
if (options.has('waiting')) state = { ...state, connection: { ...state.connection, botPresent: false } }
if (options.has('plain')) state = { ...state, groups: state.groups.slice(0, 2), alarms: [] }

const lines = new Map<string, MessageView[]>([
  ['g-1', teamMessages()],
  ['g-2', longHistory(5000)],
  ['g-3', hostileMessages()],
])
if (options.has('warned')) lines.get('g-1')!.push(withheld(false))
if (options.has('blocked')) lines.get('g-1')!.push(withheld(true))
const appeal = options.get('appeal')
if (appeal !== null) lines.get('g-1')!.push(withheld(true, appeals[appeal]))
if (options.has('requests')) {
  const asked = { group: 'g-1', name: 'Team A', time: kNow, failure: null }
  const failure = { code: 'not_permitted', message: 'Only owners of the group may do this; ask one of them.' }
  state = { ...state, requests: [
    { ...asked, id: 'r-1', action: 'create', name: 'Late \u202Eshift', state: 'done' },
    { ...asked, id: 'r-2', action: 'rename', state: 'refused', failure },
    { ...asked, id: 'r-3', action: 'add', state: 'asked' } ] }
}

const listeners = new Set<(change: Change) => void>()
const tell = (change: Change): void => listeners.forEach((listener) => listener(change))
const done = async <T>(value: T): Promise<{ ok: true; value: T }> => ({ ok: true, value })

const core: Record<string, unknown> = {
  state: () => state,
  subscribe: (listener: (change: Change) => void) => (listeners.add(listener), () => listeners.delete(listener)),
  readOffer: () => done({ ...device }),
  unlock: async () => ({ ok: false, error: { code: 'input_invalid', message: 'wrong' } }),
  messages: (group: string, { before, limit }: { before?: number; limit: number }) => {
    const all = (lines.get(group) ?? []).filter((line) => before === undefined || (line.seq !== 0 && line.seq < before))
    return done({ messages: all.slice(-limit), more: all.length > limit })
  },
  search: (text: string) => done([...lines.values()].flat().filter((line) => line.text.toLowerCase().includes(text.toLowerCase())).slice(-20)),
  ownRecord: () => done({ messages: 214, overridden: 1, file: '', warnings: [
    { id: 'w-1', group: 'g-1', time: kNow - 40 * 86_400_000, block: false, disputed: true, outcome: 'overridden', rules: ['sexism/capability'] },
    { id: 'w-2', group: 'g-2', time: kNow - 3 * 86_400_000, block: true, disputed: false, outcome: 'edited', rules: ['operational/informant', 'privacy/address'] } ] }),
  alertContext: () => done({ from: kNow - 600_000, until: kNow + 600_000, claimed: true, group: 'Team A', author: 'PC Dev Malhotra', draft: '# The scope of a warrant\nfrom = "2026-03-12T16:10:00.000Z"\nuntil = "2026-03-12T16:30:00.000Z"\n' }),
  invitation: () => done(`#enrol=${'Y2FuZG91ci1lbnJvbG1lbnQtb2ZmZXIvdjEK'.repeat(10)}`),
  composer: () => done(''),
  people: (text: string) => done(colleagues.filter((one) => one.name.toLowerCase().includes(text.toLowerCase()))),
  prove: (group: string, id: string) => done({
    id, seq: 12, submission: 14, overridden: false, receipt: !options.has('unreceipted'), leafHash: proofHash, policyDigest: policyHash, leafIndex: 18210, logOrigin: state.organisation!.logOrigin,
    treeSize: 18234, witnesses: [{ name: 'bot-witness.candour.example', time: kNow - 60_000 }, { name: 'witness.candour.example', time: kNow - 59_000 }], quorum: true, file: group,
  }),
  withdraw: (id: string) => {
    for (const [group, list] of lines) {
      if (list.some((line) => line.id === id)) tell({ type: 'messages', group, changed: [], removed: [id] })
    }
    return done(undefined)
  },
  acknowledgeNotice: () => {
    state = { ...state, notice: { ...state.notice!, acknowledged: true } }
    tell({ type: 'state', state })
    return done(undefined)
  },
}
const whole = new Proxy(core, { get: (known, name: string) => known[name] ?? (() => done(undefined)) }) as unknown as CoreLink

applyTheme(theme())
const store = new Store(whole)
useStore(store)
usePrecheck({ without: options.has('unchecked') ? 'no-pack' : null, check: async (_, { text }) => checkedDraft(text) })
// A test may hand in changes as the core would.
Object.assign(window, { specimen: { tell, lines, store } })
document.querySelector('#app')!.replaceChildren(document.createElement('c-app'))
