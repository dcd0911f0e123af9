//! Where the story's messages arrive: a mail server and an endpoint for phones and webhooks, all on
//! loopback addresses, each with what came.

mod hooks;
mod maildev;
mod smtp;

use std::path::Path;

use miette::Report;

pub(super) use hooks::{Hook, Hooks};
use maildev::Maildev;
use smtp::SmtpSink;

/// A mail as it arrived.
#[derive(Debug)]
pub(super) struct Mail {
    /// The addresses of the envelope.
    pub(super) to: Vec<String>,
    /// The subject.
    pub(super) subject: String,
    /// The files that came with it.
    pub(super) files: Vec<Vec<u8>>,
}

/// The mail server of the story.
pub(super) enum MailServer {
    /// npm's `maildev`, in a process of its own.
    Maildev(Maildev),
    /// The one that is built in, where that is not installed.
    BuiltIn(SmtpSink),
}

impl MailServer {
    /// Starts `maildev`, or the one that is built in when no program is named.
    pub(super) fn start(maildev: Option<&Path>) -> Result<Self, Report> {
        match maildev {
            Some(program) => Maildev::start(program).map(Self::Maildev),
            None => SmtpSink::start().map(Self::BuiltIn),
        }
    }

    /// Its port.
    pub(super) fn port(&self) -> u16 {
        match self {
            Self::Maildev(server) => server.port(),
            Self::BuiltIn(server) => server.port(),
        }
    }

    /// What it is.
    pub(super) fn what(&self) -> String {
        match self {
            Self::Maildev(server) => server.what(),
            Self::BuiltIn(_) => "the mail server that is built in: maildev is not installed \
                                 (`make mail-sink`; it takes Node.js and npm) 内置邮件服务器，未安装 maildev"
                .to_owned(),
        }
    }

    /// The mails that arrived so far.
    pub(super) fn mails(&self) -> Result<Vec<Mail>, Report> {
        match self {
            Self::Maildev(server) => server.mails(),
            Self::BuiltIn(server) => server.mails(),
        }
    }
}
