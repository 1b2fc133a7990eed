/// nvpmodel.conf of boards before Orin.
///
/// Written from documentation of the shipped file, which was not at hand: blocks, paths and modes. What it does not
/// tell (the ids and clocks of the Xavier NX modes, the Nano's CPU path) is filled in.
enum OlderPresetTexts {
    /// Three of the nine modes of the Xavier NX: current limits in a hwmon directory, GPU caps off the table.
    static let xavierNX = """
        < PARAM TYPE=FILE NAME=CPU_ONLINE >
        CORE_0 /sys/devices/system/cpu/cpu0/online
        CORE_1 /sys/devices/system/cpu/cpu1/online
        CORE_2 /sys/devices/system/cpu/cpu2/online
        CORE_3 /sys/devices/system/cpu/cpu3/online
        CORE_4 /sys/devices/system/cpu/cpu4/online
        CORE_5 /sys/devices/system/cpu/cpu5/online

        < PARAM TYPE=FILE NAME=TPC_POWER_GATING >
        TPC_PG_MASK /sys/devices/gpu.0/tpc_pg_mask

        < PARAM TYPE=FILE NAME=GPU_POWER_CONTROL_ENABLE >
        GPU_PWR_CNTL_EN /sys/devices/gpu.0/power/control

        < PARAM TYPE=FILE NAME=GPU_POWER_CONTROL_DISABLE >
        GPU_PWR_CNTL_DIS /sys/devices/gpu.0/power/control

        < PARAM TYPE=CLOCK NAME=CPU_DENVER_0 >
        FREQ_TABLE /sys/devices/system/cpu/cpu0/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu0/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=CPU_DENVER_1 >
        FREQ_TABLE /sys/devices/system/cpu/cpu2/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu2/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu2/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=CPU_DENVER_2 >
        FREQ_TABLE /sys/devices/system/cpu/cpu4/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu4/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu4/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=GPU >
        FREQ_TABLE /sys/devices/17000000.gv11b/devfreq/17000000.gv11b/available_frequencies
        MAX_FREQ /sys/devices/17000000.gv11b/devfreq/17000000.gv11b/max_freq
        MIN_FREQ /sys/devices/17000000.gv11b/devfreq/17000000.gv11b/min_freq
        FREQ_TABLE_KNEXT /sys/devices/17000000.gv11b/devfreq_dev/available_frequencies
        MAX_FREQ_KNEXT /sys/devices/17000000.gv11b/devfreq_dev/max_freq
        MIN_FREQ_KNEXT /sys/devices/17000000.gv11b/devfreq_dev/min_freq

        <PARAM TYPE=CLOCK NAME=EMC >
        MAX_FREQ /sys/kernel/nvpmodel_emc_cap/emc_iso_cap

        < PARAM TYPE=CLOCK NAME=NAFLL_DLA >
        MAX_FREQ /sys/devices/platform/13e10000.host1x/15880000.nvdla0/acm/clk_cap/nafll_dla

        < PARAM TYPE=CLOCK NAME=CVNAS >
        MAX_FREQ /sys/devices/platform/14000000.tegra-cvnas/clk_cap

        < PARAM TYPE=HWMON NAME=VDDIN_OC_LIMIT >
        WARN /sys/devices/platform/c250000.i2c/i2c-7/7-0040/hwmon curr1_max
        CRIT /sys/devices/platform/c250000.i2c/i2c-7/7-0040/hwmon curr1_crit

        < POWER_MODEL ID=0 NAME=MODE_15W_2CORE >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 0
        CPU_ONLINE CORE_3 0
        CPU_ONLINE CORE_4 0
        CPU_ONLINE CORE_5 0
        TPC_POWER_GATING TPC_PG_MASK 1
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_DENVER_0 MIN_FREQ 0
        CPU_DENVER_0 MAX_FREQ 1900000
        GPU MIN_FREQ 0
        GPU MAX_FREQ 1100000000
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ 0
        NAFLL_DLA MAX_FREQ -1
        CVNAS MAX_FREQ -1
        VDDIN_OC_LIMIT WARN 4000
        VDDIN_OC_LIMIT CRIT 5000

        < POWER_MODEL ID=3 NAME=MODE_10W_2CORE >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 0
        CPU_ONLINE CORE_3 0
        CPU_ONLINE CORE_4 0
        CPU_ONLINE CORE_5 0
        TPC_POWER_GATING TPC_PG_MASK 1
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_DENVER_0 MIN_FREQ 0
        CPU_DENVER_0 MAX_FREQ 1500000
        GPU MIN_FREQ 0
        GPU MAX_FREQ 520000000
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ 1600000000
        NAFLL_DLA MAX_FREQ -1
        CVNAS MAX_FREQ -1
        VDDIN_OC_LIMIT WARN 3000
        VDDIN_OC_LIMIT CRIT 5000

        < POWER_MODEL ID=8 NAME=MODE_20W_6CORE >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 1
        CPU_ONLINE CORE_3 1
        CPU_ONLINE CORE_4 1
        CPU_ONLINE CORE_5 1
        TPC_POWER_GATING TPC_PG_MASK 1
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_DENVER_0 MIN_FREQ 0
        CPU_DENVER_0 MAX_FREQ 1400000
        CPU_DENVER_1 MIN_FREQ 0
        CPU_DENVER_1 MAX_FREQ 1400000
        CPU_DENVER_2 MIN_FREQ 0
        CPU_DENVER_2 MAX_FREQ 1400000
        GPU MIN_FREQ 0
        GPU MAX_FREQ 1100000000
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ 0
        NAFLL_DLA MAX_FREQ -1
        CVNAS MAX_FREQ -1
        VDDIN_OC_LIMIT WARN 4000
        VDDIN_OC_LIMIT CRIT 5000

        < PM_CONFIG DEFAULT=8 >
        """

    /// The first Jetson Nano, r32: one CPU cluster, no power-gating mask, two blanks after MIN_FREQ.
    static let nano = """
        < PARAM TYPE=FILE NAME=CPU_ONLINE >
        CORE_0 /sys/devices/system/cpu/cpu0/online
        CORE_1 /sys/devices/system/cpu/cpu1/online
        CORE_2 /sys/devices/system/cpu/cpu2/online
        CORE_3 /sys/devices/system/cpu/cpu3/online

        < PARAM TYPE=FILE NAME=GPU_POWER_CONTROL_ENABLE >
        GPU_PWR_CNTL_EN /sys/devices/gpu.0/power/control

        < PARAM TYPE=FILE NAME=GPU_POWER_CONTROL_DISABLE >
        GPU_PWR_CNTL_DIS /sys/devices/gpu.0/power/control

        < PARAM TYPE=CLOCK NAME=CPU_A57 >
        FREQ_TABLE /sys/devices/system/cpu/cpu0/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu0/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=GPU >
        FREQ_TABLE /sys/devices/57000000.gpu/devfreq/57000000.gpu/available_frequencies
        MAX_FREQ /sys/devices/57000000.gpu/devfreq/57000000.gpu/max_freq
        MIN_FREQ /sys/devices/57000000.gpu/devfreq/57000000.gpu/min_freq

        < PARAM TYPE=CLOCK NAME=EMC >
        MAX_FREQ /sys/kernel/nvpmodel_emc_cap/emc_iso_cap

        < POWER_MODEL ID=0 NAME=MAXN >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 1
        CPU_ONLINE CORE_3 1
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_A57 MIN_FREQ  0
        CPU_A57 MAX_FREQ -1
        GPU MIN_FREQ  0
        GPU MAX_FREQ -1
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ 0

        < POWER_MODEL ID=1 NAME=5W >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 0
        CPU_ONLINE CORE_3 0
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_A57 MIN_FREQ  0
        CPU_A57 MAX_FREQ 918000
        GPU MIN_FREQ  0
        GPU MAX_FREQ 640000000
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ 1600000000

        < PM_CONFIG DEFAULT=0 >
        """
}
