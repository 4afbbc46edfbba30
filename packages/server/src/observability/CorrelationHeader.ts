import { randomUUID } from "node:crypto"

/** Name of the header that carries the correlation id, both ways. */
export const correlationHeader = "x-correlation-id"

// RFC 9562: any version, the variant of the RFC; nil and max say nothing.
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** The id for a request: the caller's own if it may give one and it is a UUID, else a new one. */
export const correlationIdOf = (inbound: string | undefined, trusted: () => boolean): string =>
  inbound !== undefined && inbound.length === 36 && uuid.test(inbound) && trusted()
    ? inbound.toLowerCase()
    : randomUUID()
