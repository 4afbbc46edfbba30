/** How long an access token is valid, in seconds. */
export const accessTokenSeconds = 15 * 60
