//! Sets one letter, to look at while a form is written:
//! `cargo run --release -p jianwei-letters --example letter -- risk-notice disposal/letters/examples/risk-notice.json out.pdf`

use std::error::Error;
use std::{env, fs};

use letters::Forms;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [form, data, out] = arguments.as_slice() else {
        return Err("give the form, the file with its data (JSON) and the PDF to write".into());
    };
    let data = serde_json::from_str(&fs::read_to_string(data)?)?;
    let letter = Forms::shipped().render(form, &data)?;
    fs::write(out, &letter.pdf)?;
    println!("{out}: {} pages, {} bytes", letter.pages, letter.pdf.len());
    Ok(())
}
