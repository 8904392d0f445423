// Records as the screens see them (api.ts).
import * as alert from './alert.js';
import { decodeFindings } from './bot_messages.js';
import { checkable, decodeContent } from './content.js';
import { spanInText } from './text.js';
const severities = ['', 'notice', 'warn', 'block'];
const severityOf = (n) => (severities[n] ?? 'warn');
const findingView = (finding, text) => ({
    rule: finding.rule,
    category: finding.category,
    severity: severityOf(finding.severity),
    // What does not lie on borders of characters marks the whole text rather than nothing.
    span: spanInText(text, finding.start, finding.end) ?? { start: 0, end: text.length },
    standard: finding.standard,
    message: finding.message,
    advice: finding.advice,
});
function warningView(draft, text) {
    if (draft.findings === null)
        return null;
    return {
        block: draft.state === 'blocked',
        findings: decodeFindings(draft.findings).map((finding) => findingView(finding, text)),
        issued: draft.issued,
        expires: draft.expires,
        disputed: draft.disputed,
    };
}
function draftState(draft) {
    if (draft.state === 'queued')
        return 'waiting';
    if (draft.state === 'submitted')
        return draft.submission > 0 ? 'checking' : 'sent';
    return draft.state;
}
const mainText = (content) => content.type === 'poll'
    ? content.question
    : content.type === 'reaction'
        ? content.emoji
        : 'text' in content
            ? content.text
            : '';
const aboutOf = (content) => content.type === 'text' ? content.replyTo : 'about' in content ? content.about : null;
function basics(content, viewer) {
    const mentions = content.type === 'text' ? content.mentions : [];
    return {
        kind: content.type,
        about: aboutOf(content),
        mentions,
        mentionsMe: mentions.includes(viewer.person),
    };
}
const emptyPoll = (content) => content.type !== 'poll'
    ? null
    : {
        question: content.question,
        options: content.options.map((text) => ({ text, names: [] })),
        ownVote: null,
    };
export function viewOfDraft(draft, viewer, reply) {
    const content = decodeContent(draft.content);
    const checkedText = checkable(content);
    return {
        ...basics(content, viewer),
        ...viewer,
        id: draft.id,
        group: draft.group,
        state: draftState(draft),
        seq: 0,
        time: draft.time,
        own: true,
        text: mainText(content),
        edited: false,
        deleted: false,
        reply,
        reactions: [],
        poll: emptyPoll(content),
        overridden: draft.field.type === 'override',
        warning: warningView(draft, checkedText),
        checkedText,
        failure: draft.failure,
        membership: null,
    };
}
function pollView(row, content, viewer) {
    if (content.type !== 'poll')
        return null;
    const of = (option) => row.votes.filter((vote) => vote.option === option);
    return {
        question: content.question,
        options: content.options.map((text, i) => ({ text, names: of(i).map((vote) => vote.name) })),
        ownVote: row.votes.find((vote) => vote.device === viewer.device)?.option ?? null,
    };
}
function reactionViews(row, viewer) {
    const emojis = [...new Set(row.reactions.map((reaction) => reaction.emoji))];
    return emojis.map((emoji) => {
        const by = row.reactions.filter((reaction) => reaction.emoji === emoji);
        return {
            emoji,
            names: by.map((reaction) => reaction.name),
            own: by.some((reaction) => reaction.device === viewer.device),
        };
    });
}
export const textOfRow = (row) => {
    if (row.deleted || row.membership !== null)
        return '';
    return row.edited ?? mainText(decodeContent(row.content));
};
/** Rows that are lines of a conversation; edits and the like only change other rows. */
export const isLine = (row) => {
    if (row.membership !== null)
        return true;
    const { type } = decodeContent(row.content);
    return type === 'text' || type === 'poll';
};
export function viewOfRow(row, viewer, reply) {
    const content = row.membership === null ? decodeContent(row.content) : null;
    const shape = content
        ? basics(content, viewer)
        : { kind: 'membership', about: null, mentions: [], mentionsMe: false };
    return {
        ...shape,
        id: row.id,
        group: row.group,
        state: 'delivered',
        seq: row.seq,
        time: row.time,
        own: row.own,
        device: row.device,
        person: row.person,
        name: row.name,
        text: textOfRow(row),
        edited: row.edited !== null && !row.deleted,
        deleted: row.deleted,
        reply,
        reactions: row.deleted ? [] : reactionViews(row, viewer),
        poll: content && !row.deleted ? pollView(row, content, viewer) : null,
        overridden: row.overridden,
        warning: null,
        checkedText: '',
        failure: null,
        membership: row.membership,
    };
}
export function viewOfAlert(record) {
    const body = alert.decodeAlertBody(record.body);
    const subject = record.revealed ?? body.subject;
    const last = record.steps[record.steps.length - 1];
    const stateOf = (n) => (alert.states[n] ?? 'open');
    return {
        id: record.id,
        state: stateOf(last?.state ?? 0),
        time: body.time,
        group: body.group,
        groupName: body.groupName,
        category: body.category,
        severity: severityOf(body.severity),
        serious: body.serious,
        rule: body.rule,
        standard: body.standard,
        messageId: body.messageId,
        subject: { pseudonym: subject.pseudonym, person: subject.person, name: subject.name },
        outcome: (alert.outcomes[body.outcome] ?? 'warned'),
        justification: body.justification,
        excerpt: body.excerpt,
        span: spanInText(body.excerpt, body.start, body.end) ?? { start: 0, end: body.excerpt.length },
        earlier: body.earlier,
        repeats: record.repeats,
        steps: record.steps.map((step) => ({
            time: step.time,
            action: alert.actions[step.action] ?? '',
            state: stateOf(step.state),
            resolution: (alert.resolutions[step.resolution] || null),
            person: step.person,
            argument: step.argument,
        })),
    };
}
