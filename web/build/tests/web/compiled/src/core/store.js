export class Store {
    db;
    constructor(db) {
        this.db = db;
    }
    // The types of rows are given here and nowhere else: what is under a kind's key was put there by
    // the verb beside it, and the seal says that nobody else did.
    async #get(key) {
        return (await this.db.get(key)) ?? null;
    }
    async #all(kind) {
        return (await this.db.all([kind])).map((row) => row.value);
    }
    #put(key, value) {
        this.db.put(key, value);
    }
    // The device.
    profile = () => this.#get(['profile']);
    putProfile = (profile) => this.#put(['profile'], profile);
    keys = () => this.#get(['keys']);
    putKeys = (keys) => this.#put(['keys'], keys);
    certificate = () => this.#get(['certificate']);
    putCertificate = (note) => this.#put(['certificate'], note);
    mailCursor = async () => (await this.#get(['mail'])) ?? 0;
    putMailCursor = (number) => this.#put(['mail'], number);
    noticeAcknowledged = () => this.#get(['notice']);
    putNoticeAcknowledged = (digest) => this.#put(['notice'], digest);
    order = async () => (await this.#get(['order'])) ?? 0;
    putOrder = (order) => this.#put(['order'], order);
    // Key packages by reference.
    putKeyPackage = (reference, record) => this.#put(['package', reference], record);
    keyPackage = (reference) => this.#get(['package', reference]);
    deleteKeyPackage = (reference) => this.db.delete(['package', reference]);
    keyPackageCount = async () => (await this.db.all(['package'])).length;
    // Groups.
    groups = () => this.#all('group');
    putGroup = (record) => this.#put(['group', record.id], record);
    progress = (group) => this.#get(['progress', group]);
    putProgress = (group, progress) => this.#put(['progress', group], { ...progress });
    mlsState = (group) => this.#get(['mls', group]);
    putMlsState = (group, state) => this.#put(['mls', group], state);
    summary = (group) => this.#get(['summary', group]);
    putSummary = (group, summary) => this.#put(['summary', group], { ...summary });
    composer = async (group) => (await this.#get(['composer', group])) ?? '';
    putComposer = (group, text) => this.#put(['composer', group], text);
    // Own messages.
    drafts = () => this.#all('draft');
    putDraft = (draft) => this.#put(['draft', draft.id], { ...draft });
    deleteDraft = (id) => this.db.delete(['draft', id]);
    outbox = () => this.#all('outbox');
    putOutbox = (item) => this.#put(['outbox', item.id], item);
    deleteOutbox = (id) => this.db.delete(['outbox', id]);
    // Shown messages: by place in the group, found by id.
    putRow(row) {
        this.#put(['message', row.group, row.seq], { ...row });
        this.#put(['place', row.id, row.group], row.seq);
    }
    async row(group, id) {
        const seq = await this.#get(['place', id, group]);
        return seq === null ? null : this.#get(['message', group, seq]);
    }
    /** Of whichever of `groups` has it; an own message before another's of the same id. */
    async rowIn(groups, id) {
        let found = null;
        for (const group of groups) {
            const row = await this.row(group, id);
            if (row?.own)
                return row;
            found ??= row;
        }
        return found;
    }
    async rowsBefore(group, seq, limit) {
        const rows = await this.db.before(['message', group], seq, limit);
        return rows.map(({ value }) => value);
    }
    counter = async (group, device) => (await this.#get(['counter', group, device])) ?? 0;
    putCounter = (group, device, counter) => this.#put(['counter', group, device], counter);
    // Alerts, the watch over the log, alarms.
    alerts = () => this.#all('alert');
    putAlert = (record) => this.#put(['alert', record.id], record);
    watched = () => this.#all('watched');
    putWatched = (record) => this.#put(['watched', record.leaf], { ...record });
    deleteWatched = (leaf) => this.db.delete(['watched', leaf]);
    alarms = () => this.#all('alarm');
    putAlarm = (alarm) => this.#put(['alarm', alarm.subject], { ...alarm });
    // TrustStore.
    async loadTrust() {
        return {
            entries: [...(await this.#all('entry'))],
            size: (await this.#get(['trust', 'size'])) ?? 0,
            proven: [...(await this.#all('proven'))],
            first: (await this.#get(['trust', 'first'])) ?? 0,
            checkpoint: (await this.#get(['trust', 'checkpoint'])) ?? '',
        };
    }
    putEntry = (entry) => this.#put(['entry', entry.number], entry);
    putDirectorySize = (size) => this.#put(['trust', 'size'], size);
    putProven = (number) => this.#put(['proven', number], number);
    putFirst = (size) => this.#put(['trust', 'first'], size);
    putCheckpoint = (note) => this.#put(['trust', 'checkpoint'], note);
    async beginAnew(oldOrigin, anew) {
        const old = await this.#get(['trust', 'checkpoint']);
        if (old !== null)
            this.#put(['old-checkpoint', oldOrigin], old);
        for (const kind of ['entry', 'proven', 'watched'])
            await this.db.deleteAll([kind]);
        for (const entry of anew.entries)
            this.putEntry(entry);
        for (const number of anew.proven)
            this.putProven(number);
        this.putDirectorySize(anew.size);
        this.putFirst(anew.first);
        this.putCheckpoint(anew.checkpoint);
        this.putMailCursor(0);
    }
}
