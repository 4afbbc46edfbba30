import { layerTokenPage } from "../pages/TokenPage.ts"

/** The page that the link in a mail opens to prove its address. It has a button, because programs that scan mails open links too. */
export const layer = layerTokenPage({
  path: "/email-proof",
  title: "confirm your e-mail address",
  heading: "Confirm your e-mail address",
  inputs: "",
  members: [],
  button: "Confirm",
  endpoint: "/api/auth/email-proof/confirm",
  token: "token",
  done: "Your e-mail address is confirmed. You can upload documents now."
})
