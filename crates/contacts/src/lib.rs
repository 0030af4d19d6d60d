//! Contacts: who may be called, and who never.
