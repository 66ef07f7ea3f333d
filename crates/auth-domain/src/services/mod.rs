//! Use cases: what a person can ask for, written once for both generations of the API.
//!
//! Every way to sign in ends in the same steps: *identify* the user, *check the account*, perhaps
//! ask for a *second factor*, *open a session* (module `admission`). Slow work (hashing, mail)
//! happens outside a unit of work.

mod admission;
mod current_user;
mod failure;
mod installation;
mod password_change;
mod retry;
mod sign_in;
mod sign_out;
mod sign_up;
mod tokens;

pub use admission::AccountRefusal;
pub use current_user::{CurrentUserError, CurrentUserService};
pub use failure::Failure;
pub use installation::{Installation, Services};
pub use password_change::{PasswordChange, PasswordChangeError, PasswordChangeService};
pub use sign_in::{EmailPasswordSignIn, SignInError, SignInService, SignedIn, UsernameSignIn};
pub use sign_out::SignOutService;
pub use sign_up::{
    EmailPasswordSignUp, SignUpError, SignUpOptions, SignUpService, SignedUp, UsernameSignUp,
};
pub use tokens::{RefreshError, TokenService};
