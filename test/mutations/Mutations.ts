import { auth } from "./Auth.ts"
import { documents } from "./Documents.ts"
import { extraction } from "./Extraction.ts"
import { limits } from "./Limits.ts"
import { mutationsOf } from "./Mutation.ts"
import { network } from "./Network.ts"

export const mutations = mutationsOf([...network, ...limits, ...auth, ...documents, ...extraction])
