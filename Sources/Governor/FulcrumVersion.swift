/// The version of this build.
public enum FulcrumVersion {
    /// As in `fulcrumd --version` and the tree's `version`.
    public static let current = "0.1.0"
}
