//! A real Chromium without a window, by way of its driver.

use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tests::program::client;
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities;
use thirtyfour::prelude::*;

/// A browser of one test; it ends when dropped.
pub struct Browser {
    pub page: WebDriver,
    driver: Child,
}

impl Browser {
    pub async fn start() -> Browser {
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let needs =
            "the browser tests need chromedriver: run `tests/run --install`, or install Debian's chromium-driver";
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}")).stdout(Stdio::null()).stderr(Stdio::null());
        let mut driver = command.spawn().unwrap_or_else(|error| panic!("{needs}: {error}"));
        let url = format!("http://127.0.0.1:{port}");
        for _ in 0..200 {
            if client().get(format!("{url}/status")).send().await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let mut wishes = DesiredCapabilities::chrome();
        for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=en"] {
            wishes.add_arg(argument).expect("an argument");
        }
        match WebDriver::new(&url, wishes).await {
            Ok(page) => Browser { page, driver },
            Err(error) => {
                let _ = driver.kill();
                panic!("Chromium does not start; install Debian's chromium: {error}")
            }
        }
    }

    /// A window of this width, by day or by night.
    pub async fn show_at(&self, width: u32, is_dark: bool) {
        let tools = self.page.cdp();
        let size = serde_json::json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500});
        tools.send_raw("Emulation.setDeviceMetricsOverride", size).await.expect("a size");
        let scheme = if is_dark { "dark" } else { "light" };
        let media = serde_json::json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        tools.send_raw("Emulation.setEmulatedMedia", media).await.expect("a scheme");
    }

    pub async fn find(&self, css: &str) -> WebElement {
        let query = self.page.query(By::Css(css)).wait(Duration::from_secs(20), Duration::from_millis(50));
        query.first().await.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// Presses keys wherever the focus is.
    pub async fn press(&self, keys: &str) {
        self.page.action_chain().send_keys(keys).perform().await.expect("keys can be pressed");
    }

    /// Looks at the page for as long as a decision needs at least.
    pub async fn seen(&self) {
        self.until("the page is there", "return document.readyState === 'complete'").await;
        tokio::time::sleep(Duration::from_millis(400)).await;
    }

    pub async fn evaluate(&self, script: &str) -> serde_json::Value {
        let answer = self.page.execute(script, Vec::new()).await;
        answer.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// Waits until a script gives true.
    pub async fn until(&self, what: &str, script: &str) {
        for _ in 0..400 {
            // Between two pages there is nothing to ask.
            if let Ok(answer) = self.page.execute(script, Vec::new()).await
                && answer.json() == &serde_json::Value::Bool(true)
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{what}: {script} never became true");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
