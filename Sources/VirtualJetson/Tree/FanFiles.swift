import VirtualFiles

extension BoardTree {
    /// The fan: `pwm1` of hwmon pwmfan (drivers/hwmon/pwm-fan.c) sets it, `rpm` of hwmon pwm_tach (tegra's
    /// pwm-tegra-tachometer.c) tells its speed. The model's fan follows at once, and no nvfancontrol runs.
    func addFan() throws(FileTreeError) {
        let fan = "sys/devices/platform/pwm-fan/hwmon/hwmon0"
        try tree.addLink("sys/class/hwmon/hwmon0", to: "../../devices/platform/pwm-fan/hwmon/hwmon0")
        try addText("\(fan)/name", "pwmfan")
        try addKnob("\(fan)/pwm1", read: { String($0.fanPWM) }) {
            (text: String, knobs: inout Knobs) throws(Rejection) in
            let value = try KernelNumber.whole(text)
            guard value <= 255 else { throw Rejection("expected a duty from 0 to 255, got \(value)") }
            knobs.fanPWM = value
        }
        let tachometer = "sys/devices/platform/bus@0/39c0000.tachometer/hwmon/hwmon2"
        try tree.addLink(
            "sys/class/hwmon/hwmon2", to: "../../devices/platform/bus@0/39c0000.tachometer/hwmon/hwmon2")
        try addText("\(tachometer)/name", "pwm_tach")
        try addValue("\(tachometer)/rpm") { String($0.fanPWM * Knobs.fanRPM / 255) }
    }
}
