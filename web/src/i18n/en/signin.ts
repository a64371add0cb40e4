/** Texts of the sign-in. */
export const signin = {
  claim: 'From a CSV to a forecast you can trust',
  claimText:
    'Upload measurements, look at them, train several models at once, and see honestly which of them beats doing nothing clever.',
  signIn: 'Sign in',
  signUp: 'Create an account',
  email: 'E-mail',
  password: 'Password',
  passwordHint: 'At least ten characters.',
  noAccount: 'New here? Create an account',
  haveAccount: 'I have an account',
  closed: 'This server takes no sign-ups. Ask its operator for an account.',
}
