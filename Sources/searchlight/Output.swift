import ByteIO
// `stdout` is a variable of C; nothing assigns to it.
@preconcurrency import Glibc

/// Writes what standard output still holds back. A full disk behind it shows here at the latest.
/// - Throws: `FileError`: results that nobody can read are not done.
func finishOutput() throws {
  let isWritten = fflush(stdout) == 0
  let number = errno
  // Set by an earlier write too, which lost what it could not write.
  guard isWritten, ferror(stdout) == 0 else {
    throw FileError(.cannotWrite(isWritten ? "a part was lost" : writeFailure(number)), path: "standard output")
  }
}
