public import SystemPackage

extension VirtualFile {
    /// An integer attribute that is only read.
    public static func integer(
        mode: UInt16 = 0o444, uid: UInt32 = 0, gid: UInt32 = 0, read: @escaping @Sendable () throws(Errno) -> Int
    ) -> VirtualFile {
        .readOnly(mode: mode, uid: uid, gid: gid) { () throws(Errno) -> String in String(try read()) }
    }

    /// An integer attribute: text that is not a decimal integer within `range` is refused with EINVAL and a reason.
    public static func integer(
        mode: UInt16 = 0o644, uid: UInt32 = 0, gid: UInt32 = 0, range: ClosedRange<Int>,
        read: @escaping @Sendable () throws(Errno) -> Int,
        write: @escaping @Sendable (_ value: Int, _ caller: Caller) throws(Rejection) -> Void
    ) -> VirtualFile {
        .readWrite(
            mode: mode, uid: uid, gid: gid, limit: 64,
            read: { () throws(Errno) -> String in String(try read()) },
            write: { (text: String, caller: Caller) throws(Rejection) -> Void in
                try write(try parseInteger(text, in: range), caller)
            })
    }

    /// The decimal integer that is the whole of `text` (a sign is allowed, blanks and units are not, as in kstrtol with
    /// base 10), if it lies within `range`; else a rejection that says what was expected.
    public static func parseInteger(_ text: String, in range: ClosedRange<Int>) throws(Rejection) -> Int {
        guard let value = Int(text), range.contains(value) else {
            throw Rejection(
                "expected an integer from \(range.lowerBound) to \(range.upperBound), got \(quoted(text))")
        }
        return value
    }
}
