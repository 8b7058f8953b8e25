//! Writes the population to a directory: `population SEED RECORDS DIR`.
//! `records.csv` and `truth.csv` are the common form, `exports/` holds the four systems' files.

use std::{env, error::Error, fs::File, path::PathBuf, time::Instant};

use demo::Retailer;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let mut next = || args.next().ok_or("usage: population SEED RECORDS DIR");
    let retailer = Retailer {
        seed: next()?.parse()?,
        records: next()?.parse()?,
    };
    let dir = PathBuf::from(next()?);
    std::fs::create_dir_all(&dir)?;
    let (out, truth) = (
        File::create(dir.join("records.csv"))?,
        File::create(dir.join("truth.csv"))?,
    );
    let start = Instant::now();
    let records = retailer.write_common_csv(out, truth, &mut |_| {})?;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{records} records in {seconds:.2} s, {:.0} a second",
        records as f64 / seconds
    );
    let dir = dir.join("exports");
    std::fs::create_dir_all(&dir)?;
    let exports = retailer.write_exports(&dir, &mut |_| {})?;
    println!("{exports:#?}");
    Ok(())
}
