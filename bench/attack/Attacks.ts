import type { Attack } from "./Attack.ts"
import { cpuBudget } from "./CpuBudget.ts"
import { fairTurns } from "./FairTurns.ts"
import { indexing } from "./Indexing.ts"
import { lockOut } from "./LockOut.ts"
import { passwordGuesses } from "./PasswordGuesses.ts"
import { refreshFlood } from "./RefreshFlood.ts"
import { sandbox } from "./Sandbox.ts"
import { storedText } from "./StoredText.ts"
import { textReads } from "./TextReads.ts"
import { unfinishedUploads } from "./UnfinishedUploads.ts"
import { unreadDownloads } from "./UnreadDownloads.ts"
import { windowEviction } from "./WindowEviction.ts"

/** Every attack by the name that `npm run attack -- NAME` takes. */
export const attacks: Readonly<Record<string, Attack>> = {
  indexing,
  sandbox,
  "fair-turns": fairTurns,
  "cpu-budget": cpuBudget,
  "text-reads": textReads,
  "stored-text": storedText,
  "unfinished-uploads": unfinishedUploads,
  "unread-downloads": unreadDownloads,
  "lock-out": lockOut,
  refresh: refreshFlood,
  "window-eviction": windowEviction,
  "password-change": passwordGuesses
}
