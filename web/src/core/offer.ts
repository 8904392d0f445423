// What a registrar hands out so that a device can be enrolled: public text, that travels as it is,
// as a QR code, or in the fragment of a link (which no server sees).
//
//   candour-enrolment-offer/v1
//   relay wss://chat.example.org:8443
//   root <vkey>
//   organisation example-constabulary
//   person p-1042
//   name PC Amy Shaw
//   role officer                            officer | supervisor | investigator
//   unit team-a
//
// As a link: https://...#enrol=<base64url of the text>
import type { EnrolmentOffer } from './api.ts'
import { base64, fromBase64, fromUtf8, utf8 } from './bytes.ts'
import { fault } from './failure.ts'
import { groupNameSizeMax } from './limits.ts'
import { NoteFields, parseKey, typeEd25519 } from './note.ts'
import { validIdentifier, validLine } from './text.ts'

const format = 'candour-enrolment-offer/v1'
const fields = ['relay', 'root', 'organisation', 'person', 'name', 'role', 'unit'] as const
const roles = ['officer', 'supervisor', 'investigator'] as const
const invalid = (message: string) => fault('input_invalid', `the enrolment offer: ${message}`)

/** Throws unless every field is what a certificate may hold. */
export function checkOffer(offer: EnrolmentOffer): EnrolmentOffer {
  let relay: URL
  try {
    relay = new URL(offer.relay)
  } catch {
    throw invalid('the address of the relay is none')
  }
  if (relay.protocol !== 'wss:' || relay.pathname !== '/' || relay.search || relay.hash) {
    throw invalid('the address of the relay is wss://HOST or wss://HOST:PORT')
  }
  if (parseKey(offer.root).type !== typeEd25519) throw invalid('the root key is of another type')
  if (![offer.organisation, offer.person, offer.unit].every(validIdentifier)) {
    throw invalid('organisation, person and unit are 1 to 128 characters of A-Z a-z 0-9 -_./@:')
  }
  if (!validLine(offer.name, groupNameSizeMax)) {
    throw invalid("'name' is empty, too long or holds characters that mislead readers")
  }
  if (!roles.includes(offer.role)) throw invalid('the role is none of a device')
  return offer
}

function parseOffer(text: string): EnrolmentOffer {
  const read = new NoteFields(text, format, fields)
  return checkOffer({
    relay: read.one('relay'),
    root: read.one('root'),
    organisation: read.one('organisation'),
    person: read.one('person'),
    name: read.one('name'),
    role: read.one('role') as EnrolmentOffer['role'],
    unit: read.one('unit'),
  })
}

/** Of the text itself, a link, or its fragment. */
export function readOffer(given: string): EnrolmentOffer {
  const mark = given.indexOf('enrol=')
  if (given.startsWith(format) || mark < 0) {
    const text = given.replaceAll('\r\n', '\n').trim()
    return parseOffer(`${text}\n`)
  }
  const code = given.slice(mark + 'enrol='.length).trim().replaceAll('-', '+').replaceAll('_', '/')
  const bytes = fromBase64(code.padEnd(Math.ceil(code.length / 4) * 4, '='))
  const text = bytes && fromUtf8(bytes)
  if (!text) throw invalid('the link is cut off or damaged')
  return parseOffer(text)
}

export const printOffer = (offer: EnrolmentOffer): string =>
  `${format}\n${fields.map((field) => `${field} ${offer[field]}\n`).join('')}`

export const offerFragment = (offer: EnrolmentOffer): string =>
  `#enrol=${base64(utf8(printOffer(offer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`
