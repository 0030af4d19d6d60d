//! Notifications: templates and the mails that follow an outcome.
