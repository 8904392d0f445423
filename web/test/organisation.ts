// The example organisation that the test's driver started (tests/web/headless_test.py): its
// programs, and what its registrars do.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

import type { EnrolmentOffer } from '../src/core/api.ts'
import { Device, type World, caOf, value } from './device.ts'

const folder = process.env.CANDOUR_ORG as string
const bin = process.env.CANDOUR_BIN as string
const read = (path: string): string => readFileSync(`${folder}/${path}`, 'utf8').trim()
const ports = JSON.parse(read('ports.json')) as { relay: number }

export const organisation = 'example-constabulary'
export const relay = `wss://127.0.0.1:${ports.relay}`
export const teamA: string = (JSON.parse(read('groups.json')) as Record<string, string>)['team-a'] ?? ''
export const passphrase = 'a long enough passphrase'
export const world = (): World => ({ ca: caOf(folder) })

export const ctl = (...args: readonly string[]): string =>
  execFileSync(`${bin}/candourctl`, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

const remote = [
  ...['--relay', `127.0.0.1:${ports.relay}`, '--tls-name', 'localhost'],
  ...['--ca', `${folder}/public/tls.crt`, '--root', `${folder}/public/root.vkey`],
]
const registrar = ['--key', `${folder}/registrar-1/registrar-1.key`]

export type Event = Record<string, unknown> & { event: string }

/** Their program, and what it needs before any verb. */
export const terminal = (person: string): [program: string, args: readonly string[]] => [
  `${bin}/candour`,
  [
    ...['--state', `${folder}/${person}/state`],
    ...['--passphrase-file', `${folder}/${person}/passphrase`, '--json'],
  ],
]

/**
 * The terminal client of one of the organisation's people; its events. Status 4 says that the bot
 * or the relay refused, which the events tell better.
 */
export function candour(person: string, args: readonly string[], input = ''): readonly Event[] {
  const [program, common] = terminal(person)
  const done = spawnSync(program, [...common, ...args], { input, encoding: 'utf8' })
  if (done.status !== 0 && done.status !== 4) throw new Error(done.stderr)
  return done.stdout.split('\n').flatMap((line) => (line ? [JSON.parse(line) as Event] : []))
}

export const texts = (person: string, group: string): readonly string[] =>
  candour(person, ['history', '--group', group]).map((event) => String(event.text))

export const offer = (
  person: string,
  name: string,
  role = 'officer',
  unit = 'team-a',
): EnrolmentOffer => ({
  relay,
  root: read('public/root.vkey'),
  organisation,
  person,
  name,
  role: role as EnrolmentOffer['role'],
  unit,
})

/** As two registrars do it: each looks at the request and signs; the certificate is published. */
export function certify(request: string, file: string): string {
  const path = `${folder}/drafts/${file}`
  writeFileSync(`${path}.request`, request)
  for (const n of [1, 2]) {
    ctl(
      'approve',
      ...['--key', `${folder}/registrar-${n}/registrar-${n}.key`, '--request', `${path}.request`],
      ...['--certificate', `${path}.certificate`],
      ...['--statement', `${folder}/public/statement.note`, '--root', `${folder}/public/root.vkey`],
    )
  }
  ctl('publish', ...remote, ...registrar, `${path}.certificate`)
  return readFileSync(`${path}.certificate`, 'utf8')
}

export const addMember = (group: string, device: string): string =>
  ctl('group', 'add', ...remote, ...registrar, '--group', group, '--member', device, '--json')

export const removeMember = (group: string, device: string): string =>
  ctl('group', 'remove', ...remote, ...registrar, '--group', group, '--member', device, '--json')

export const revoke = (device: string): string =>
  ctl('revoke', ...remote, ...registrar, '--device', device, '--reason', 'lost')

/** A new page over the state of one that crashed or was locked. */
export async function unlocked(device: Device): Promise<void> {
  await device.reopen()
  value(await device.core.unlock(passphrase))
}

/** Enrolled, certified and online; the notice acknowledged. */
export async function enrolled(
  person: string,
  name: string,
  role = 'officer',
  unit = 'team-a',
): Promise<Device> {
  const device = await Device.open(person, world())
  value(await device.core.enrol(offer(person, name, role, unit), passphrase))
  const { request } = device.core.state().device ?? {}
  value(await device.core.installCertificate(certify(request as string, person)))
  await device.until('online', (state) => state.connection.state === 'online')
  value(await device.core.acknowledgeNotice())
  return device
}

/** The same, in team A. */
export async function inTeamA(person: string, name: string): Promise<Device> {
  const device = await enrolled(person, name)
  addMember(teamA, device.core.state().device?.device as string)
  await device.until('joined', (state) => state.groups.length === 1)
  return device
}
