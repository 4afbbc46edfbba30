import { layerTokenPage } from "../pages/TokenPage.ts"

/** The page that the link in an invite opens. */
export const layer = layerTokenPage({
  path: "/invite",
  title: "create your account",
  heading: "Create your account",
  inputs: `<label>The e-mail address that the invite was sent to
<input type="email" autocomplete="username" required></label>
<label>Password, 12 characters or more
<input type="password" autocomplete="new-password" required></label>
`,
  members: ["email", "password"],
  button: "Create account",
  endpoint: "/api/auth/register",
  token: "invite",
  done: "Your account was created. You can log in with it now."
})
