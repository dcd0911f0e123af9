//! `jianwei standard`: the interface standard, for the engineer of an institution.

use clap::{Args, Subcommand};
use miette::Report;
use model::schema::json_schema;
use model::spec::StreamSpec;
use model::streams::{STREAMS, stream};

use crate::outcome::{Done, Outcome};
use crate::screen::Screen;
use crate::table::{Cell, Table};

/// The interface standard: streams, fields, JSON Schemas
#[derive(Args, Debug)]
pub(crate) struct Standard {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// List the streams
    #[command(after_help = "Example:\n  jianwei standard list")]
    List,
    /// Print the JSON Schema of one line of a stream
    #[command(after_help = "Example:\n  jianwei standard schema transaction > transaction.schema.json")]
    Schema {
        /// Name of the stream
        #[arg(value_parser = stream_named)]
        stream: &'static StreamSpec,
    },
    /// Explain a stream: fields, units, codes, rules, examples of what is refused
    #[command(after_help = "Example:\n  jianwei standard explain business_daily")]
    Explain {
        /// Name of the stream
        #[arg(value_parser = stream_named)]
        stream: &'static StreamSpec,
    },
    /// Print example lines of a stream, as they are filed
    #[command(after_help = "Example:\n  jianwei standard example transaction > transactions.ndjson")]
    Example {
        /// Name of the stream
        #[arg(value_parser = stream_named)]
        stream: &'static StreamSpec,
    },
}

/// A stream by its name, for arguments.
pub(crate) fn stream_named(name: &str) -> Result<&'static StreamSpec, String> {
    stream(name).ok_or_else(|| {
        let names: Vec<&str> = STREAMS.iter().map(|stream| stream.name).collect();
        format!("there is no such stream; there are {}", names.join(", "))
    })
}

impl Standard {
    pub(crate) fn run(self) -> Done {
        let mut screen = Screen::stdout();
        match self.what {
            What::List => list(&mut screen)?,
            What::Schema { stream } => screen.json(&json_schema(stream))?,
            What::Explain { stream } => screen.text(model::guide::stream_page(stream))?,
            What::Example { stream } => screen.text(model::schema::example_lines(stream))?,
        }
        Ok(Outcome::Fine)
    }
}

fn list(screen: &mut Screen) -> Result<(), Report> {
    let mut table = Table::new(&["stream", "数据流", "fields", "what it is"]);
    for stream in STREAMS {
        let fields = Cell::number(stream.fields.len());
        table.row([stream.name.into(), stream.zh.into(), fields, stream.en.into()]);
    }
    table.print(screen)
}
