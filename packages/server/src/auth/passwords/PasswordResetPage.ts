import { layerTokenPage } from "../../pages/TokenPage.ts"

/** The page that the link in a reset mail opens. */
export const layer = layerTokenPage({
  path: "/reset",
  title: "choose a new password",
  heading: "Choose a new password",
  inputs: `<label>New password, 12 characters or more
<input type="password" autocomplete="new-password" required></label>
`,
  members: ["newPassword"],
  button: "Change password",
  endpoint: "/api/auth/password-reset/confirm",
  token: "token",
  done: "Your password was changed. You can log in with it now."
})
