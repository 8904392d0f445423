// What later messages make of earlier ones: the same rules for what is sent and for what comes.
//
//   edit       of an own text, until it is deleted; the last one counts
//   deletion   of an own text, poll or reaction; final
//   reaction   to a text or poll; each emoji counts once for each person
//   vote       in a poll, for one of its options; one for each person, the last one counts
//
// Own means: of the same person, whatever the device. What breaks a rule has no effect; the
// compliance log keeps every message as it was sent.
import { type Content, decodeContent } from './content.ts'
import { fault } from './failure.ts'
import type { Row } from './records.ts'

export type ChangingContent = Extract<Content, { about: string }>

export const changesAnother = (content: Content): content is ChangingContent => 'about' in content

const refused = (why: string) => fault('not_permitted', why)

/** Whether `content` of `person` may change `target`. */
export function checkChange(
  content: ChangingContent,
  person: string,
  target: Row | null,
): asserts target is Row {
  if (target === null || target.membership !== null) {
    throw fault('not_found', 'it is about a message that this device does not have')
  }
  const of = decodeContent(target.content)
  const isMessage = of.type === 'text' || of.type === 'poll'
  const own = target.person === person
  switch (content.type) {
    case 'edit':
      if (!own) throw refused('only its author may edit a message')
      if (of.type !== 'text') throw refused('only texts can be edited')
      break
    case 'deletion':
      if (!own) throw refused('only its author may delete a message')
      if (!isMessage && of.type !== 'reaction') {
        throw refused('only texts, polls and reactions can be deleted; vote again to change a vote')
      }
      break
    case 'reaction':
      if (!isMessage) throw refused('reactions are to texts and polls')
      break
    case 'vote':
      if (of.type !== 'poll') throw refused('that message is no poll')
      if (content.option >= of.options.length) {
        throw fault('input_invalid', `the poll has ${of.options.length} options`)
      }
      break
  }
  if (target.deleted) throw refused('that message was deleted')
}

/** The rows that `by` changes, as they are then; none when it breaks a rule. */
export async function changedRows(
  by: Row,
  content: ChangingContent,
  find: (id: string) => Promise<Row | null>,
): Promise<readonly Row[]> {
  const target = await find(content.about)
  try {
    checkChange(content, by.person, target)
  } catch {
    return []
  }
  const { person, name } = by
  switch (content.type) {
    case 'edit':
      return [{ ...target, edited: content.text }]
    case 'vote': {
      const others = target.votes.filter((vote) => vote.person !== person)
      return [{ ...target, votes: [...others, { person, name, option: content.option }] }]
    }
    case 'reaction': {
      const { emoji } = content
      return [{ ...target, reactions: [...without(target, person, emoji), { person, name, emoji }] }]
    }
    case 'deletion': {
      const gone = { ...target, deleted: true }
      const of = decodeContent(target.content)
      const on = of.type === 'reaction' ? await find(of.about) : null
      if (of.type !== 'reaction' || on === null) return [gone]
      return [gone, { ...on, reactions: without(on, person, of.emoji) }]
    }
  }
}

const without = (row: Row, person: string, emoji: string): Row['reactions'] =>
  row.reactions.filter((one) => one.person !== person || one.emoji !== emoji)
