var _a;
// What this device knows about its organisation and why it may believe it (client/trust.h): the
// directory (trust_directory.ts), the newest checkpoint of the log, and proofs against it. Each
// newer checkpoint must be proven to contain the one before. What is accepted is kept through
// `TrustStore`, within the transaction its owner has open.
import { verifyCheckpoint, verifySuccession, } from './checkpoint.js';
import { checkFailure } from './connection.js';
import { copyOf, fromHex, fromUtf8 } from './bytes.js';
import { codeOf, fault, isFinal, isLost } from './failure.js';
import { proofHashes, verifyConsistency, verifyInclusion } from './merkle.js';
import { TrustDirectory, concernsUs } from './trust_directory.js';
import { MemoryTrustStore } from './trust_store.js';
const proofBatchMax = 64;
const knownMax = 64;
const beginningSize = 2;
const noCheckpoint = {
    origin: '',
    size: 0,
    root: '00'.repeat(32),
    witnessed: false,
};
const splitView = (size) => fault('log_inconsistent', `two checkpoints of the same log of size ${size} have different roots: the relay shows ` +
    "different logs to different people; keep this device's state and tell the auditor");
const isNotYet = (thrown) => ['not_found', 'rate_limited', 'queue_full'].includes(codeOf(thrown));
const number = (value) => {
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
        throw fault('frame_malformed', 'a number is too big');
    return Number(value);
};
function noteOf(bytes) {
    const text = fromUtf8(bytes);
    if (text === null)
        throw fault('note_malformed', 'a checkpoint is not valid UTF-8');
    return text;
}
const leafQuestion = (leaf) => ({
    case: 'getProof',
    value: { leafHash: fromHex(leaf) },
});
export class Trust {
    directory;
    checkpoint = noCheckpoint;
    checkpointNote = '';
    #store;
    #known = [];
    #askedThrough = 0;
    constructor(root, store) {
        this.directory = new TrustDirectory(root);
        this.#store = store;
    }
    /** Reads and checks again everything in `store`. */
    static async load(root, store) {
        const trust = new _a(root, store);
        const kept = await store.loadTrust();
        const { directory } = trust;
        for (const number of kept.proven)
            directory.proven.add(number);
        directory.first = kept.first;
        for (const entry of kept.entries) {
            directory.size = entry.number - 1;
            try {
                await directory.take(entry);
            }
            catch (thrown) {
                if (codeOf(thrown) === 'wrong_root_key')
                    throw thrown;
                throw fault('state_damaged', `kept ${thrown.message}`);
            }
        }
        directory.size = kept.size;
        if (kept.checkpoint !== '' && directory.statement !== null) {
            // Of the statement's own log only: one that does not verify says nothing about it.
            const checkpoint = await trust.#read(kept.checkpoint).catch(() => null);
            if (checkpoint !== null) {
                trust.checkpoint = checkpoint;
                trust.checkpointNote = kept.checkpoint;
            }
        }
        return trust;
    }
    get statement() {
        return this.directory.statement;
    }
    get logOrigin() {
        return this.directory.statement?.log.name ?? '';
    }
    needStatement() {
        if (this.directory.statement !== null)
            return this.directory.statement;
        throw fault('statement_invalid', 'the organisation statement is not known yet');
    }
    // ---- the directory -------------------------------------------------------------------------
    async #add(object) {
        const entry = {
            number: number(object.number),
            kind: object.kind,
            object: copyOf(object.object),
            leafIndex: number(object.leafIndex),
            opening: copyOf(object.opening),
        };
        if (entry.number <= this.directory.size)
            return;
        const before = this.statement;
        await this.directory.take(entry);
        if (concernsUs(entry.kind))
            this.#store.putEntry(entry);
        this.#store.putDirectorySize(this.directory.size);
        if (before !== null && this.statement !== before)
            await this.#judgeAgain();
    }
    /** Another statement may ask for other witnesses. */
    async #judgeAgain() {
        if (this.checkpoint.size === 0)
            return;
        const again = await verifyCheckpoint(this.checkpointNote, this.needStatement()).catch(() => null);
        this.checkpoint = { ...this.checkpoint, witnessed: again?.quorum ?? false };
    }
    async #fetch(connection) {
        for (let more = true; more;) {
            const before = this.directory.size;
            const answer = await connection.request({
                case: 'getDirectory',
                value: { from: BigInt(before + 1) },
            });
            if (answer.body.case !== 'directory') {
                throw fault('frame_malformed', 'the relay did not answer with its directory');
            }
            for (const object of answer.body.value.objects)
                await this.#add(object);
            more = answer.body.value.more;
            if (more && this.directory.size === before) {
                throw fault('frame_malformed', 'the relay promises more directory objects and sends none');
            }
        }
        this.needStatement();
    }
    /** Fetches what is new; follows a new log where a lost one is followed by another. */
    async refresh(connection) {
        if (this.statement !== null && connection.logOrigin !== this.logOrigin) {
            return this.#followSuccession(connection);
        }
        await this.#fetch(connection);
        if (connection.logOrigin !== this.logOrigin) {
            throw fault('log_inconsistent', `the relay speaks for log "${connection.logOrigin}", the organisation statement names ` +
                `"${this.logOrigin}"`);
        }
        if (this.directory.first === 0) {
            this.directory.first = this.directory.size;
            this.#store.putFirst(this.directory.size);
        }
        const { checkpoint } = connection.loggedIn;
        if (checkpoint.length > 0)
            await this.seeCheckpoint(noteOf(checkpoint), connection);
    }
    /** Objects the relay pushed. */
    async seeDirectory(directory, connection) {
        for (const object of directory.objects) {
            if (number(object.number) > this.directory.size + 1)
                return this.refresh(connection);
            await this.#add(object);
        }
    }
    // ---- checkpoints ---------------------------------------------------------------------------
    async #read(note) {
        if (this.checkpoint.size !== 0 && note === this.checkpointNote)
            return this.checkpoint;
        const verified = await verifyCheckpoint(note, this.needStatement());
        const { origin, size, root, quorum } = verified;
        return { origin, size, root, witnessed: quorum };
    }
    #adopt(note, checkpoint) {
        this.#store.putCheckpoint(note);
        const before = this.checkpoint;
        this.checkpoint = checkpoint;
        this.#remember(before);
        this.checkpointNote = note;
    }
    #remember(checkpoint) {
        if (checkpoint.size === 0 || this.knowsCheckpoint(checkpoint))
            return;
        this.#known.push(checkpoint);
        if (this.#known.length > knownMax)
            this.#known.shift();
    }
    knowsCheckpoint(other) {
        if (other.origin !== this.logOrigin)
            return false;
        return [this.checkpoint, ...this.#known].some((known) => known.size === other.size && known.root === other.root);
    }
    /** log_inconsistent when it contradicts the one kept. */
    compareCheckpoint(other) {
        if (other.size === 0 || this.checkpoint.size === 0)
            return;
        if (other.origin !== this.logOrigin) {
            throw fault('log_inconsistent', "a member saw a checkpoint of another organisation's log");
        }
        if (other.size === this.checkpoint.size && other.root !== this.checkpoint.root) {
            throw splitView(other.size);
        }
    }
    async #askConsistency(from, connection) {
        const question = { case: 'getProof', value: { consistencyFrom: BigInt(from) } };
        const answer = await connection.request(question);
        if (answer.body.case === 'proof')
            return answer.body.value;
        throw fault('frame_malformed', 'the relay did not answer with a proof');
    }
    /** A checkpoint the relay showed: proven to contain the one kept before it takes its place. */
    async seeCheckpoint(note, connection) {
        if (this.checkpoint.size !== 0 && note === this.checkpointNote)
            return;
        const shown = await this.#read(note);
        this.compareCheckpoint(shown);
        // The same tree again may carry more cosignatures than the note kept.
        if (shown.size === this.checkpoint.size && shown.witnessed && !this.checkpoint.witnessed) {
            return this.#adopt(note, shown);
        }
        if (shown.size <= this.checkpoint.size)
            return;
        if (this.checkpoint.size === 0)
            return this.#adopt(note, shown);
        let proof;
        try {
            proof = await this.#askConsistency(this.checkpoint.size, connection);
        }
        catch (thrown) {
            // No proof yet: the one kept stays, and nothing newer is believed.
            if (['not_found', 'input_invalid'].includes(codeOf(thrown)))
                return;
            throw thrown;
        }
        const proofNote = noteOf(proof.checkpoint);
        const newest = await this.#read(proofNote);
        const hashes = proofHashes(proof.hashes);
        if (newest.size < this.checkpoint.size)
            return;
        const { size, root } = this.checkpoint;
        verifyConsistency(size, root, newest.size, newest.root, hashes);
        if (newest.size === shown.size && newest.root !== shown.root)
            throw splitView(shown.size);
        this.#adopt(proofNote, newest);
    }
    /** An older checkpoint says something only when the one kept contains it. */
    async #provePrefix(older, connection) {
        const answer = await this.#askConsistency(older.size, connection);
        const note = noteOf(answer.checkpoint);
        const newest = await this.#read(note);
        const hashes = proofHashes(answer.hashes);
        verifyConsistency(older.size, older.root, newest.size, newest.root, hashes);
        await this.seeCheckpoint(note, connection);
        if (newest.size === this.checkpoint.size && newest.root === this.checkpoint.root) {
            return this.#remember(older);
        }
        throw fault('not_found', `the relay does not yet prove that its log contains the checkpoint of size ${older.size}`);
    }
    /** A member's claim of another size than the one kept. */
    async checkClaim(other, connection) {
        this.compareCheckpoint(other);
        if (other.size === 0 || this.knowsCheckpoint(other))
            return;
        if (other.size >= this.checkpoint.size) {
            throw fault('not_found', 'the claim is of a larger log than this device has seen');
        }
        await this.#provePrefix(other, connection);
    }
    // ---- proofs --------------------------------------------------------------------------------
    async proveLeaf(leaf, connection) {
        const answer = await connection.request(leafQuestion(leaf));
        if (answer.body.case !== 'proof') {
            throw fault('frame_malformed', 'the relay did not answer with a proof');
        }
        return this.checkLeafProof(leaf, answer.body.value, connection);
    }
    async checkLeafProof(leaf, answer, connection) {
        const note = noteOf(answer.checkpoint);
        const checkpoint = await this.#read(note);
        const hashes = proofHashes(answer.hashes);
        const index = number(answer.leafIndex);
        verifyInclusion(leaf, index, checkpoint.size, hashes, checkpoint.root);
        const known = this.knowsCheckpoint(checkpoint);
        await this.seeCheckpoint(note, connection);
        if (!known && checkpoint.size > this.checkpoint.size) {
            throw fault('not_found', 'the relay does not yet prove that its newest checkpoint continues the one seen before');
        }
        if (!known && checkpoint.size < this.checkpoint.size) {
            await this.#provePrefix(checkpoint, connection);
        }
        return { index, hashes, checkpoint, note };
    }
    /** That these devices' certificates are in the log; not_found when they are not yet. */
    async proveDevices(devices, connection) {
        const places = devices.map((device) => this.directory.place(device));
        const open = places.filter((place) => !this.directory.proven.has(place.number));
        await this.#proveObjects(open, connection, true);
    }
    /** Asks for the proofs of what waits for them, a bounded number a call. */
    async provePending(connection) {
        const open = [...this.directory.unproven]
            .filter(([number]) => number > this.#askedThrough)
            .slice(0, proofBatchMax)
            .map(([number, { leaf }]) => ({ number, leaf }));
        const full = open.length === proofBatchMax;
        this.#askedThrough = full ? open[open.length - 1].number : 0;
        await this.#proveObjects(open, connection, false);
    }
    // Every answer is used before the first failure is thrown: one object without a proof must not
    // keep the others from theirs.
    async #proveObjects(questions, connection, allNeeded) {
        let worst = null;
        for (let begin = 0; begin < questions.length; begin += proofBatchMax) {
            const batch = questions.slice(begin, begin + proofBatchMax);
            const answers = await connection.requestAll(batch.map(({ leaf }) => leafQuestion(leaf)));
            for (const [i, question] of batch.entries()) {
                try {
                    const answer = answers[i];
                    if (answer === undefined)
                        throw fault('timed_out', 'an answer is missing');
                    checkFailure(answer);
                    if (answer.body.case !== 'proof')
                        throw fault('frame_malformed', 'no proof');
                    const proof = await this.checkLeafProof(question.leaf, answer.body.value, connection);
                    await this.#markProven(question.number, proof);
                }
                catch (thrown) {
                    if (isFinal(thrown))
                        throw thrown;
                    if (!allNeeded && isNotYet(thrown))
                        continue;
                    if (worst === null || isNotYet(worst))
                        worst = thrown;
                }
            }
        }
        if (worst !== null)
            throw worst;
    }
    async #markProven(number, proof) {
        // A statement may replace witnesses that will never sign again: then its own quorum decides.
        const pending = this.directory.pendingStatements.get(number);
        const witnessed = proof.checkpoint.witnessed ||
            (pending !== undefined &&
                (await verifyCheckpoint(proof.note, pending).catch(() => null))?.quorum === true);
        if (!witnessed) {
            throw fault('not_found', `directory object ${number} is not yet in a checkpoint that the witnesses cosigned`);
        }
        const before = this.statement;
        this.#store.putProven(number);
        this.directory.markProven(number);
        if (this.statement !== before)
            await this.#judgeAgain();
    }
    // ---- a log that follows a lost one ---------------------------------------------------------
    async #followSuccession(connection) {
        const notFollowed = (why) => fault('log_inconsistent', `the relay speaks for another log, and ${why}`);
        const notYet = () => fault('checkpoint_stale', "the relay's new log is not yet in a checkpoint that the witnesses cosigned; try again " +
            'in a moment');
        const anew = new MemoryTrustStore();
        const next = new _a(this.directory.root, anew);
        next.directory.first = beginningSize;
        anew.putFirst(beginningSize);
        try {
            await next.#fetch(connection);
        }
        catch (thrown) {
            if (isLost(thrown) || codeOf(thrown) === 'rate_limited')
                throw thrown;
            throw notFollowed(`its directory does not stand: ${thrown.message}`);
        }
        if (connection.logOrigin !== next.logOrigin) {
            throw notFollowed(`its directory is of a third one, "${next.logOrigin}"`);
        }
        await this.#checkSuccession(next, notFollowed);
        const { checkpoint } = connection.loggedIn;
        if (checkpoint.length === 0)
            throw notYet();
        await next.seeCheckpoint(noteOf(checkpoint), connection);
        // Succession and statement are the first two leaves of the new log, where everybody sees them.
        for (let index = 0; index < beginningSize; ++index) {
            const leaf = next.directory.beginning[index] ?? '';
            const proof = await next.proveLeaf(leaf, connection).catch((thrown) => {
                throw codeOf(thrown) === 'not_found' ? notYet() : thrown;
            });
            if (proof.index !== index)
                throw notFollowed('its succession is not the first entry of it');
            if (!proof.checkpoint.witnessed)
                throw notYet();
            await next.#markProven(index + 1, proof);
        }
        await this.#store.beginAnew(this.logOrigin, anew.kept);
        const revision = this.directory.revision + next.directory.revision + 1;
        this.directory = next.directory;
        this.directory.revision = revision;
        this.checkpoint = next.checkpoint;
        this.checkpointNote = next.checkpointNote;
        this.#known = next.#known;
        this.#askedThrough = 0;
    }
    async #checkSuccession(next, refuse) {
        const after = next.directory.firstStatement;
        const newest = this.directory.newestStatement;
        if (next.directory.succession === null || after === null || newest === null) {
            throw refuse(`no note says that it follows "${this.logOrigin}"`);
        }
        if (after.id !== newest.id || after.version <= newest.version) {
            throw refuse('its statement is not a newer one than the one known');
        }
        const succession = await verifySuccession(next.directory.successionNote, after, this.needStatement()).catch((thrown) => {
            throw refuse(`its succession does not stand: ${thrown.message}`);
        });
        const { size, root } = this.checkpoint;
        if (succession.oldSize < size || (succession.oldSize === size && succession.oldRoot !== root)) {
            throw refuse(`it begins after size ${succession.oldSize} of the old one, but this device has seen ` +
                `another log of size ${size}: what was recorded is missing`);
        }
        for (const device of this.directory.revoked) {
            if (next.directory.revoked.has(device))
                continue;
            throw refuse(`device ${device}, which was revoked, is not revoked in it`);
        }
        if (next.directory.newestNotice < this.directory.newestNotice) {
            throw refuse('its monitoring notice is older than the one known');
        }
    }
}
_a = Trust;
