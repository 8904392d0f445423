// Context around the message of an alert (client/terminal/verbs_context.cc): not a favour of the
// desk but a warrant, whose scope the desk prepares as narrow as it can be.
import * as alert from './alert.ts'
import type { ContextView } from './api.ts'
import { fault } from './failure.ts'
import { timeMax } from './limits.ts'
import type { AlertRecord } from './records.ts'
import { readProof } from './report.ts'
import { timeEncode } from './text.ts'

const minuteMs = 60_000
const minutesMax = 24 * 60
const texts = [
  'case',
  'legal-basis',
  'severity',
  'purpose',
  'necessity',
  'proportionality',
  'collateral-intrusion',
  'requester',
  'authoriser',
  'reviewer',
]

/** A string of TOML. Names are one line; whatever else is in them is no part of a warrant's line. */
export const tomlString = (text: string): string =>
  `"${text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/["\\]/g, '\\$&')}"`

/** `minutes` to each side of the message; `everyone`: not its author alone. */
export function contextOf(record: AlertRecord, minutes: number, everyone: boolean): ContextView {
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > minutesMax) {
    throw fault('input_invalid', `give 1 to ${minutesMax} minutes`)
  }
  const body = alert.decodeAlertBody(record.body)
  const subject = record.revealed ?? body.subject
  const known = alert.isKnown(subject)
  // A report comes later than the message it is about, whatever its reporter says.
  const proof = readProof(body.proof)
  const claimed = proof !== null && proof.time < body.time
  const around = minutes * minuteMs
  const time = Math.min(claimed ? proof.time : body.time, timeMax - around)
  const from = Math.max(0, time - around)
  const until = time + around
  const author =
    !everyone && known
      ? `\n[[author]]\ndevice = "${subject.device}"\nperson = ${tomlString(subject.person)}\n`
      : ''
  const unknown =
    !everyone && !known
      ? '\n# The author is known to this desk by a pseudonym only, so the period and the group\n' +
        '# are the scope; escalate the alert to learn who it is, and draft again.\n'
      : ''
  const reported = claimed
    ? "# The time of the message is the reporter's word: nothing in the report proves it.\n"
    : ''
  const draft =
    `# The scope of a warrant for the context of alert ${record.id}.\n` +
    '# Complete the texts and names, then: candourctl warrant draft --from-file THIS FILE ...\n' +
    "# Widening the scope is the authoriser's decision, not the desk's.\n" +
    texts.map((key) => `# ${key} = ""\n`).join('') +
    reported +
    `from = "${timeEncode(from)}"\nuntil = "${timeEncode(until)}"\n` +
    author +
    unknown +
    `\n[[group]]\ngroup = "${body.group}"\ntitle = ${tomlString(body.groupName)}\n`
  return { from, until, claimed, group: body.groupName, author: author === '' ? null : subject.name, draft }
}
