// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

pg_enum! {
    /// What a person who signs in may do.
    UserRole: "user_role" {
        /// Everything, including the provider configuration and other users.
        Admin = "admin",
        /// Creates and runs campaigns, imports contacts, exports results.
        CampaignManager = "campaign_manager",
        /// Reads campaigns and statistics, changes nothing.
        Viewer = "viewer",
    }
}

pg_enum! {
    /// Where a campaign is in its life: draft, scheduled, running or paused, then completed or
    /// cancelled, which are final.
    CampaignStatus: "campaign_status" {
        /// Being written; nobody is called.
        Draft = "draft",
        /// Ready, and waiting for its start.
        Scheduled = "scheduled",
        /// Contacts that are due are being called.
        Running = "running",
        /// No new call is made; open calls run to their end.
        Paused = "paused",
        /// Over; final.
        Completed = "completed",
        /// Given up, the soft delete; final.
        Cancelled = "cancelled",
    }
}

pg_enum! {
    /// A language of texts we write ourselves, by its ISO 639-1 code: scripts, templates,
    /// transcripts.
    LanguageCode: "language_code" {
        /// English.
        En = "en",
        /// Italian.
        It = "it",
    }
}

pg_enum! {
    /// How a question wants to be answered.
    QuestionType: "question_type" {
        /// In the contact's own words.
        FreeText = "free_text",
        /// With a number.
        Numeric = "numeric",
        /// With a step on a scale that the question names.
        Scale = "scale",
    }
}

pg_enum! {
    /// Where a contact is on the way to a final outcome: pending, `in_progress`, then completed,
    /// refused or `not_reached`; excluded is never dialled again.
    ContactState: "contact_state" {
        /// Waiting for a first or a further call.
        Pending = "pending",
        /// Being called.
        InProgress = "in_progress",
        /// Answered the survey; final.
        Completed = "completed",
        /// Declined to take part; final.
        Refused = "refused",
        /// Did not answer in any of the attempts allowed; final until more are allowed.
        NotReached = "not_reached",
        /// On the do-not-call list; never dialled again.
        Excluded = "excluded",
    }
}

pg_enum! {
    /// The language a contact is to be spoken to in; auto is the language of the campaign.
    ContactLanguage: "contact_language" {
        /// English.
        En = "en",
        /// Italian.
        It = "it",
        /// The campaign's language.
        Auto = "auto",
    }
}

pg_enum! {
    /// How one call ended.
    CallOutcome: "call_outcome" {
        /// The survey was answered to the end.
        Completed = "completed",
        /// The contact declined.
        Refused = "refused",
        /// It rang and nobody answered.
        NoAnswer = "no_answer",
        /// The line was busy.
        Busy = "busy",
        /// The call could not be made or broke off for a technical reason.
        Failed = "failed",
    }
}

pg_enum! {
    /// How a number came onto the do-not-call list: from a file, from another system, or by hand.
    ExclusionSource: "exclusion_source" {
        /// From a file.
        Import = "import",
        /// From another system.
        Api = "api",
        /// From a person, by hand.
        Manual = "manual",
    }
}

pg_enum! {
    /// The final outcomes that are announced through the outbox.
    EventType: "event_type" {
        /// A contact answered the survey.
        SurveyCompleted = "survey.completed",
        /// A contact declined.
        SurveyRefused = "survey.refused",
        /// A contact's last allowed attempt went unanswered.
        SurveyNotReached = "survey.not_reached",
    }
}

pg_enum! {
    /// Where a mail is on its way out: pending, then sent or failed, which are final.
    EmailStatus: "email_status" {
        /// To be sent, for the first time or again.
        Pending = "pending",
        /// Accepted by the mail server; final.
        Sent = "sent",
        /// Given up after the last try; final.
        Failed = "failed",
    }
}

pg_enum! {
    /// Which outcome a mail template speaks about.
    EmailTemplateType: "email_template_type" {
        /// Thanks for the answers.
        Completed = "completed",
        /// Confirms that the contact declined.
        Refused = "refused",
        /// Says that we called in vain.
        NotReached = "not_reached",
    }
}

pg_enum! {
    /// Through what kind of service calls are made.
    ProviderType: "provider_type" {
        /// A telephony API; speech is handled on our side.
        TelephonyApi = "telephony_api",
        /// A platform that handles telephony and speech together.
        VoiceAiPlatform = "voice_ai_platform",
    }
}

pg_enum! {
    /// Who serves the language model of the voice agent.
    LlmProvider: "llm_provider" {
        /// `OpenAI`.
        OpenAi = "openai",
        /// Anthropic.
        Anthropic = "anthropic",
        /// `OpenAI` models served by Azure.
        AzureOpenai = "azure-openai",
        /// Google.
        Google = "google",
    }
}
