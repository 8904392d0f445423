// The proof of one message: asked for and checked when it is opened.
import { html, nothing, type TemplateResult } from 'lit'
import type { Failure, MessageView, ProofView } from '../core/api.ts'
import { text } from '../text/en.ts'
import { openDialog } from './dialog.ts'
import { fingerprintOf } from './enrol.ts'
import { saveFile } from './files.ts'
import { momentOf, numberOf } from './format.ts'
import { icon } from './icons.ts'
import { plainText } from './plain.ts'
import type { Store } from './store.ts'

function shown(message: MessageView, proof: ProofView): TemplateResult {
  const line = (good: boolean, label: string): TemplateResult =>
    html`<li class=${good ? 'good' : 'unsure'}>${icon(good ? 'check' : 'clock')}${label}</li>`
  return html`<p class="muted">${text.proof.lead}</p>
    <ul role="list" class="checks">
      ${line(true, text.proof.included)}
      ${line(proof.quorum, proof.quorum ? text.proof.witnessed : text.proof.notWitnessed)}
      ${message.own ? line(proof.receipt, proof.receipt ? text.proof.receipt : text.proof.receiptMissing) : html`<li class="unsure">${text.proof.noReceipt}</li>`}
    </ul>
    <dl class="facts">
      <dt>${text.proof.leaf}</dt><dd>${text.proof.of(numberOf(proof.leafIndex), numberOf(proof.treeSize))}</dd>
      <dt>${text.proof.seq}</dt><dd>${numberOf(proof.seq)}</dd>
      <dt>${text.proof.origin}</dt><dd>${proof.logOrigin}</dd>
      <dt>${text.proof.witnesses}</dt>
      <dd>${proof.witnesses.map((witness) => html`<p>${witness.name} <span class="muted">${momentOf(witness.time)}</span></p>`)}</dd>
    </dl>
    <h3>${text.proof.hash}</h3>${fingerprintOf(proof.leafHash, text.proof.hash)}
    <h3>${text.proof.policy}</h3>${fingerprintOf(proof.policyDigest, text.proof.policy)}
    <button @click=${() => saveFile(text.proof.file, proof.file)}>${text.proof.save}</button>`
}

/** What was released; what the sender made of it since stands beside it. */
export function releasedQuote(message: MessageView, by: TemplateResult | typeof nothing = nothing): TemplateResult {
  return html`<blockquote class="quote">${by}${plainText(message.first ?? message.text)}</blockquote>
    ${message.first === null ? nothing : html`<p class="muted">${text.proof.changedTo}</p><blockquote class="quote">${plainText(message.text)}</blockquote>`}`
}

export function openProof(store: Store, message: MessageView): void {
  let proof: ProofView | null = null
  let failure: Failure | null = null
  const dialog = openDialog(text.proof.title, (): TemplateResult => {
    const quote = releasedQuote(message)
    if (failure !== null) return html`${quote}<p class="problem" role="alert">${failure.message}</p>`
    if (proof === null) return html`${quote}<p role="status">${text.proof.checking}</p>`
    return html`${message.text === '' ? nothing : quote}${shown(message, proof)}`
  }, { sheet: true })
  void store.core.prove(message.group, message.id).then(
    (result) => {
      if (result.ok) proof = result.value
      else failure = result.error
      dialog.redraw()
    },
    () => {
      failure = { code: 'internal', message: text.unknownFailure }
      dialog.redraw()
    },
  )
}
