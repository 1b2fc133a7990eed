/// Something to be kept. Each can be applied twice without harm, so that after a failure the same ones are tried again.
enum StoreChange: Hashable, Sendable {
    case profile(StoredProfile, key: String, name: String)
    case search(StoredSearch, key: String, name: String, at: Int)
    /// The workload runs: it is not the oldest.
    case use(key: String, name: String, at: Int)
    /// What is kept under `key` goes over to `former`, in place of what was there.
    case retire(key: String, former: String)

    /// Whether `later` makes this one needless.
    func isReplaced(by later: StoreChange) -> Bool {
        switch (self, later) {
        case (.profile(let old, let key, _), .profile(let new, let newKey, _)):
            key == newKey && old.mode == new.mode && old.minibatch == new.minibatch
        case (.use(let key, _, _), .use(let newKey, _, _)): key == newKey
        default: false
        }
    }
}
