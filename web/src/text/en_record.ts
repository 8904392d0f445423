// Words of one's own record.
import { plural } from './en_plural.ts'

export const ownRecord = {
  title: 'My record',
  lead: 'What is on record about you, as far as this device knows it. Alerts are shown here once they are closed; reports and what was referred never are.',
  show: 'Show my record',
  messages: (n: number) => `${n} ${plural(n, 'message', 'messages')} of yours on record`,
  overridden: (n: number) => `${n} of them sent past a warning`,
  withheld: (n: number) => `${n} withheld`,
  warnings: 'Warnings',
  noWarnings: 'No warnings.',
  outcomes: {
    open: 'Open',
    withdrawn: 'Withdrawn',
    edited: 'Edited',
    overridden: 'Sent anyway',
    approved: 'Approved by a supervisor, then sent',
    cleared: 'Found to be wrong, then sent',
  },
  disputed: 'You said it is wrong',
  alerts: 'Closed alerts about you',
  noAlerts: 'No closed alerts.',
  raised: (when: string) => `Raised ${when}`,
  save: 'Save all of it',
  saveNote: 'The file holds your messages in the clear. Keep it safe.',
  file: 'candour-record.jsonl',
} as const
