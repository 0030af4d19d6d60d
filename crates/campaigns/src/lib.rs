//! Campaigns: what is asked, of whom, when and how often.
