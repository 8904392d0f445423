// What an officer asks the bot to do with a group (client/messages/group_request.h).
import { groupClasses } from './api.ts'
import { Writer } from './codec.ts'
import { type Bytes, concat, utf8 } from './bytes.ts'
import { fault } from './failure.ts'
import type { SigningKey } from './keys.ts'
import { groupMembersMax, groupNameSizeMax } from './limits.ts'
import { isWellFormed, showsAsWritten, timeEncode } from './text.ts'

export interface GroupRequest {
  readonly organisation: string
  readonly request: string
  readonly action: 'create' | 'rename' | 'class' | 'add' | 'remove' | 'owners' | 'leave'
  readonly group: string
  /** create, rename */
  readonly name?: string
  /** create, class */
  readonly groupClass?: string
  /** create */
  readonly unit?: string
  /** create, owners: devices */
  readonly owners?: readonly string[]
  /** create, add, remove: devices */
  readonly members?: readonly string[]
  readonly by: string
  readonly issued: number
}

const bad = (what: string) => fault('input_invalid', `the group request is not valid: ${what}`)

/** What the bot would refuse for its form is said here. */
function check(request: GroupRequest): void {
  const { action, name, owners = [], members = [] } = request
  const fits =
    name === undefined ||
    (isWellFormed(name) && showsAsWritten(name) && utf8(name).length <= groupNameSizeMax)
  if (!fits) {
    throw bad(
      `the name must be text of at most ${groupNameSizeMax} bytes without control characters`,
    )
  }
  const known: readonly string[] = groupClasses
  if (request.groupClass !== undefined && !known.includes(request.groupClass)) {
    throw bad(`the class must be one of ${groupClasses.join(', ')}`)
  }
  if (['create', 'owners'].includes(action) && owners.length === 0) throw bad('no owner is named')
  if (['add', 'remove'].includes(action) && members.length === 0) throw bad('no member is named')
  if (new Set([...owners, ...members]).size + 1 > groupMembersMax) {
    throw bad(`more than ${groupMembersMax} members with the bot`)
  }
}

export function printGroupRequest(request: GroupRequest): string {
  const { name, groupClass, unit, owners = [], members = [] } = request
  const lines: [string, string | undefined][] = [
    ['organisation', request.organisation],
    ['request', request.request],
    ['action', request.action],
    ['group', request.group],
    ['name', name],
    ['class', groupClass],
    ['unit', unit],
    ...owners.map((device): [string, string] => ['owner', device]),
    ...members.map((device): [string, string] => ['member', device]),
    ['by', request.by],
    ['issued', timeEncode(request.issued)],
  ]
  const given = lines.filter(([, value]) => value !== undefined)
  return `candour-group/v1\n${given.map(([key, value]) => `${key} ${value}\n`).join('')}`
}

export async function signGroupRequest(request: GroupRequest, key: SigningKey): Promise<Bytes> {
  check(request)
  const text = utf8(printGroupRequest(request))
  const signature = await key.signLabelled('candour group request v1', text)
  return concat(new Writer().vec(text).take(), signature)
}
