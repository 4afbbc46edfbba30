/**
 * The next bytes of standard input, so many. The document comes this way, whole and into memory, so that the child need not
 * be able to open a file.
 */
export const receive = async (size: number): Promise<Uint8Array> => {
  const bytes = Buffer.allocUnsafeSlow(size)
  let received = 0
  if (size === 0) return bytes
  for await (const chunk of process.stdin.iterator({ destroyOnReturn: false })) {
    received += chunk.copy(bytes, received)
    if (received === size) break
  }
  return bytes
}
