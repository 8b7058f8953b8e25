//! Writes the population to a directory: `population common|exports SEED RECORDS DIR`.
//! `common` makes `records.csv` and `truth.csv`, `exports` the files of the four systems.

use std::{env, error::Error, fs::File, path::PathBuf, time::Instant};

use demo::Retailer;

const USAGE: &str = "usage: population common|exports SEED RECORDS DIR";

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [form, seed, records, dir] = args.as_slice() else {
        return Err(USAGE.into());
    };
    let retailer = Retailer { seed: seed.parse()?, records: records.parse()? };
    let dir = PathBuf::from(dir);
    std::fs::create_dir_all(&dir)?;
    let start = Instant::now();
    match form.as_str() {
        "common" => {
            let (out, truth) = (File::create(dir.join("records.csv"))?, File::create(dir.join("truth.csv"))?);
            retailer.write_common_csv(out, truth, &mut |_| {})?;
        }
        "exports" => println!("{:#?}", retailer.write_exports(&dir, &mut |_| {})?),
        _ => return Err(USAGE.into()),
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{records} records in {seconds:.2} s, {:.0} a second", retailer.records as f64 / seconds);
    Ok(())
}
