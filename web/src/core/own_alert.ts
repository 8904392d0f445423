// What officers may know of alerts about them once they are closed (client/messages/own_alert.h).
import { Reader } from './codec.ts'
import { outcomeAppealed, outcomes, resolutions } from './alert.ts'
import { type Bytes, fromHex } from './bytes.ts'
import { fault } from './failure.ts'
import { openSealedBox } from './hpke.ts'

const closedAlertsMax = 4

export interface ClosedAlert {
  readonly messageId: string
  readonly resolution: number
  readonly closed: number
  readonly note: Bytes
}

export interface OwnAlert {
  readonly raised: number
  readonly group: string
  readonly category: string
  readonly severity: number
  readonly rule: string
  readonly standard: string
  readonly outcome: number
}

const bad = () => fault('input_invalid', 'a note about a closed alert is malformed')

export function decodeClosedAlerts(bytes: Uint8Array): readonly ClosedAlert[] {
  const r = new Reader(bytes)
  const count = r.u8()
  if (count > closedAlertsMax) throw bad()
  const alerts: ClosedAlert[] = []
  for (let i = 0; i < count && r.ok; ++i) {
    const alert = { messageId: r.id(16), resolution: r.u8(), closed: r.u64(), note: r.vec() }
    if (!resolutions[alert.resolution]) r.fail()
    alerts.push(alert)
  }
  if (!r.finish()) throw bad()
  return alerts
}

export async function openOwnAlert(
  note: Uint8Array,
  mine: CryptoKeyPair,
  message: string,
): Promise<OwnAlert> {
  const about = fromHex(message) as Bytes
  const r = new Reader(await openSealedBox(mine, 'candour own alert v1', about, note))
  const version = r.u8()
  const alert = {
    raised: r.u64(),
    group: r.id(16),
    category: r.text(),
    severity: r.u8(),
    rule: r.text(),
    standard: r.text(),
    outcome: r.u8(),
  }
  const known = outcomes[alert.outcome] && alert.outcome !== outcomeAppealed
  if (version !== 1 || !r.finish() || alert.severity < 1 || alert.severity > 3 || !known) {
    throw bad()
  }
  return alert
}
