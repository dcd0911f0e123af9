//! `jianwei keys`: API keys of institutions and of the supervisor. A server that runs notices what
//! is changed here.

use clap::{ArgGroup, Args, Subcommand};
use engine::access::{Access, Role};
use miette::{Report, miette};
use model::clock::Clock;
use model::institution::InstitutionId;

use crate::data::DataArg;
use crate::outcome::{Done, Outcome, failed, plain};
use crate::screen::{Screen, Style};
use crate::table::{Cell, Table};

/// API keys: issue, revoke, list
#[derive(Args, Debug)]
pub(crate) struct Keys {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Issue a key and print it, this once
    #[command(
        group = ArgGroup::new("role").required(true),
        after_help = "Examples:\n  jianwei keys issue --data ./data --institution 91350100M000100Y43 > firm.key\n  \
                      jianwei keys issue --data ./data --supervisor\n  \
                      jianwei keys issue --data ./data --person duty-officer"
    )]
    Issue {
        #[command(flatten)]
        data: DataArg,
        /// A key to file for this institution: its unified social credit code or LEI
        #[arg(long, value_name = "ID", group = "role", value_parser = InstitutionId::parse)]
        institution: Option<InstitutionId>,
        /// A key to see filings, grades and findings of all institutions
        #[arg(long, group = "role")]
        supervisor: bool,
        /// A key of a person of the roster: sees what a supervisor sees, and acts at the desk
        #[arg(long, value_name = "ID", group = "role")]
        person: Option<String>,
        /// A key of a partner agency of the roster, to fetch its orders and answer them
        #[arg(long, value_name = "ID", group = "role")]
        partner: Option<String>,
    },
    /// Revoke a key
    #[command(after_help = "Example:\n  jianwei keys revoke --data ./data 0a1b2c3d4e5f")]
    Revoke {
        #[command(flatten)]
        data: DataArg,
        /// Identifier of the key: what stands between `jw_` and the second `_`
        #[arg(value_name = "ID")]
        id: String,
    },
    /// List the keys; their secrets are stored nowhere
    #[command(after_help = "Example:\n  jianwei keys list --data ./data")]
    List {
        #[command(flatten)]
        data: DataArg,
    },
}

fn access(data: &DataArg) -> Result<Access, Report> {
    let path = data.existing()?.access();
    Access::open(&path).map_err(failed(path.display()))
}

impl Keys {
    pub(crate) fn run(self) -> Done {
        let now = Clock::system().now();
        let mut screen = Screen::stdout();
        match self.what {
            What::Issue { data, institution, person, partner, .. } => {
                let role = (institution.map(Role::Institution))
                    .or_else(|| person.map(Role::Person))
                    .or_else(|| partner.map(Role::Partner))
                    .unwrap_or(Role::Supervisor);
                screen.line(access(&data)?.issue(role, now).map_err(plain)?)?;
            }
            What::Revoke { data, id } => {
                if !access(&data)?.revoke(&id, now).map_err(plain)? {
                    return Err(miette!(help = "`jianwei keys list` lists them", "there is no key {id}"));
                }
                screen.line(format_args!("The key {id} is revoked."))?;
            }
            What::List { data } => list(&mut screen, &access(&data)?)?,
        }
        Ok(Outcome::Fine)
    }
}

fn list(screen: &mut Screen, access: &Access) -> Result<(), Report> {
    let mut table = Table::new(&["key", "for", "issued", "revoked"]);
    for key in access.list() {
        let role = match &key.role {
            Role::Institution(institution) => institution.to_string(),
            Role::Supervisor => "supervisor".to_owned(),
            Role::Person(person) => format!("person {person}"),
            Role::Partner(partner) => format!("partner {partner}"),
        };
        let revoked = key.revoked_at.map(|time| time.to_string()).unwrap_or_default();
        table.row([
            key.id.into(),
            role.into(),
            key.issued_at.to_string().into(),
            Cell::styled(revoked, Style::Red),
        ]);
    }
    table.print(screen)
}
