// The lines of conversations as the screens read them: rows of the store and drafts, put together.
import type { MessageView, Page } from './api.ts'
import { decodeContent } from './content.ts'
import { answerUnderWay } from './engine_desk.ts'
import type { Engine } from './engine.ts'
import type { Draft, Row } from './records.ts'
import { type Quote, type Viewer, isLine, textOfRow, viewOfDraft, viewOfRow } from './views.ts'

const searchPage = 200
const quoteSize = 200

const viewer = (e: Engine): Viewer => ({
  device: e.keys.device,
  person: e.profile.person,
  name: e.profile.name,
})

async function quoteOf(e: Engine, group: string, content: Uint8Array): Promise<Quote> {
  const decoded = decodeContent(content)
  if (decoded.type !== 'text' || decoded.replyTo === null) return null
  const row = await e.store.row(group, decoded.replyTo)
  if (row === null || row.membership !== null) return null
  return { name: row.name, text: [...textOfRow(row)].slice(0, quoteSize).join('') }
}

async function rowView(e: Engine, row: Row): Promise<MessageView> {
  const quote = row.membership === null ? await quoteOf(e, row.group, row.content) : null
  return viewOfRow(row, viewer(e), quote)
}

async function draftView(e: Engine, draft: Draft): Promise<MessageView> {
  const report = draft.field.type === 'report'
  const quote = report ? null : await quoteOf(e, draft.group, draft.content)
  return viewOfDraft(draft, viewer(e), quote)
}

/** A warned message gives way to the answer that is on its way; a report is no line. */
function isShown(e: Engine, draft: Draft): boolean {
  if (draft.field.type === 'report' && draft.state !== 'rejected') return false
  return !answerUnderWay(e, draft.id)
}

/** The line with this id; null when there is none (any more). */
export async function lineOf(e: Engine, group: string, id: string): Promise<MessageView | null> {
  const draft = e.drafts.get(id)
  if (draft !== undefined) return isShown(e, draft) ? draftView(e, draft) : null
  const row = await e.store.row(group, id)
  return row !== null && isLine(row) ? rowView(e, row) : null
}

export async function page(
  e: Engine,
  group: string,
  before: number | undefined,
  limit: number,
): Promise<Page> {
  const rows: Row[] = []
  let from = before ?? Number.MAX_SAFE_INTEGER
  let more = true
  while (more && rows.length <= limit) {
    const found = await e.store.rowsBefore(group, from, limit + 1)
    more = found.length > limit
    rows.push(...found.filter(isLine))
    from = found[found.length - 1]?.seq ?? 0
  }
  const shown = rows.slice(0, limit).reverse()
  const messages = await Promise.all(shown.map((row) => rowView(e, row)))
  if (before === undefined) {
    const drafts = [...e.drafts.values()]
      .filter((draft) => draft.group === group && isShown(e, draft))
      .sort((a, b) => a.order - b.order)
    messages.push(...(await Promise.all(drafts.map((draft) => draftView(e, draft)))))
  }
  return { messages, more: more || rows.length > limit }
}

export async function search(
  e: Engine,
  text: string,
  group: string | undefined,
  limit: number,
): Promise<readonly MessageView[]> {
  const wanted = text.toLocaleLowerCase()
  const found: Row[] = []
  for (const id of group === undefined ? e.groups.keys() : [group]) {
    for (let from = Number.MAX_SAFE_INTEGER; ; ) {
      const rows = await e.store.rowsBefore(id, from, searchPage)
      const fits = (row: Row) =>
        row.membership === null && isLine(row) && textOfRow(row).toLocaleLowerCase().includes(wanted)
      found.push(...rows.filter(fits))
      const last = rows[rows.length - 1]
      if (last === undefined || found.length > limit * 4) break
      from = last.seq
    }
  }
  found.sort((a, b) => b.time - a.time)
  return Promise.all(found.slice(0, limit).map((row) => rowView(e, row)))
}
