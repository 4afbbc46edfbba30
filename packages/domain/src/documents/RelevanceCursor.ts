import { Option, Result, Schema } from "effect"
import { DocumentId } from "./Document.ts"

/** How well a document fits: all words exactly in its name, in its name, exactly anywhere, anywhere in any spelling. */
export const Tier = Schema.Literals([0, 1, 2, 3])
export type Tier = typeof Tier.Type

export const tiers = Tier.literals

/** Where a page of hits ended: within a tier the newest documents come first. */
export const RelevancePosition = Schema.Struct({ sort: Schema.Literal("relevance"), tier: Tier, id: DocumentId })
export type RelevancePosition = typeof RelevancePosition.Type

const FromCursor = Schema.StringFromBase64Url.pipe(Schema.decodeTo(Schema.fromJsonString(RelevancePosition)))
const decode = Schema.decodeUnknownResult(FromCursor)
const encode = Schema.encodeSync(FromCursor)

/** The opaque cursor after this hit. */
export const toRelevanceCursor = (tier: Tier, id: DocumentId): string => encode({ sort: "relevance", tier, id })

/** The position a cursor stands for; none where `toRelevanceCursor` does not make it. */
export const fromRelevanceCursor = (cursor: string): Option.Option<RelevancePosition> =>
  Option.filter(Result.getSuccess(decode(cursor)), ({ tier, id }) => toRelevanceCursor(tier, id) === cursor)
