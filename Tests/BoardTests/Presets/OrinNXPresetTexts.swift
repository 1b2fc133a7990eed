/// nvpmodel.conf of the Orin NX 16GB (p3767-0000, super).
///
/// Written from documentation of the shipped file, which was not at hand: blocks, paths and modes. What it does not
/// tell (lower bounds, FBP masks) is filled in or left out.
enum OrinNXPresetTexts {
    /// One CPU_A78_n for each core, not for each cluster; power gating of FBPs is defined too.
    static let r36 = """
        < PARAM TYPE=FILE NAME=CPU_ONLINE >
        CORE_0 /sys/devices/system/cpu/cpu0/online
        CORE_1 /sys/devices/system/cpu/cpu1/online
        CORE_2 /sys/devices/system/cpu/cpu2/online
        CORE_3 /sys/devices/system/cpu/cpu3/online
        CORE_4 /sys/devices/system/cpu/cpu4/online
        CORE_5 /sys/devices/system/cpu/cpu5/online
        CORE_6 /sys/devices/system/cpu/cpu6/online
        CORE_7 /sys/devices/system/cpu/cpu7/online

        < PARAM TYPE=FILE NAME=TPC_POWER_GATING >
        TPC_PG_MASK /sys/devices/gpu.0/tpc_pg_mask
        TPC_PG_MASK_KNEXT /sys/devices/platform/gpu.0/tpc_pg_mask

        < PARAM TYPE=FILE NAME=FBP_POWER_GATING >
        FBP_PG_MASK /sys/devices/gpu.0/fbp_pg_mask
        FBP_PG_MASK_KNEXT /sys/devices/platform/gpu.0/fbp_pg_mask

        < PARAM TYPE=FILE NAME=GPU_POWER_CONTROL_ENABLE >
        GPU_PWR_CNTL_EN /sys/devices/gpu.0/power/control
        GPU_PWR_CNTL_EN_KNEXT /sys/devices/platform/gpu.0/power/control

        < PARAM TYPE=FILE NAME=GPU_POWER_CONTROL_DISABLE >
        GPU_PWR_CNTL_DIS /sys/devices/gpu.0/power/control
        GPU_PWR_CNTL_DIS_KNEXT /sys/devices/platform/gpu.0/power/control

        < PARAM TYPE=CLOCK NAME=CPU_A78_0 >
        FREQ_TABLE /sys/devices/system/cpu/cpu0/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu0/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=CPU_A78_1 >
        FREQ_TABLE /sys/devices/system/cpu/cpu1/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu1/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu1/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=CPU_A78_2 >
        FREQ_TABLE /sys/devices/system/cpu/cpu2/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu2/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu2/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=CPU_A78_3 >
        FREQ_TABLE /sys/devices/system/cpu/cpu3/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu3/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu3/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=CPU_A78_4 >
        FREQ_TABLE /sys/devices/system/cpu/cpu4/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu4/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu4/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=CPU_A78_5 >
        FREQ_TABLE /sys/devices/system/cpu/cpu5/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu5/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu5/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=CPU_A78_6 >
        FREQ_TABLE /sys/devices/system/cpu/cpu6/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu6/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu6/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=CPU_A78_7 >
        FREQ_TABLE /sys/devices/system/cpu/cpu7/cpufreq/scaling_available_frequencies
        MAX_FREQ /sys/devices/system/cpu/cpu7/cpufreq/scaling_max_freq
        MIN_FREQ /sys/devices/system/cpu/cpu7/cpufreq/scaling_min_freq

        < PARAM TYPE=CLOCK NAME=GPU >
        FREQ_TABLE /sys/devices/17000000.ga10b/devfreq/17000000.ga10b/available_frequencies
        MAX_FREQ /sys/devices/17000000.ga10b/devfreq/17000000.ga10b/max_freq
        MIN_FREQ /sys/devices/17000000.ga10b/devfreq/17000000.ga10b/min_freq
        FREQ_TABLE_KNEXT /sys/devices/platform/17000000.gpu/devfreq_dev/available_frequencies
        MAX_FREQ_KNEXT /sys/devices/platform/17000000.gpu/devfreq_dev/max_freq
        MIN_FREQ_KNEXT /sys/devices/platform/17000000.gpu/devfreq_dev/min_freq

        <PARAM TYPE=CLOCK NAME=EMC >
        MAX_FREQ /sys/kernel/nvpmodel_emc_cap/emc_iso_cap
        MAX_FREQ_KNEXT /sys/kernel/nvpmodel_clk_cap/emc

        < POWER_MODEL ID=0 NAME=MAXN_SUPER >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 1
        CPU_ONLINE CORE_3 1
        CPU_ONLINE CORE_4 1
        CPU_ONLINE CORE_5 1
        CPU_ONLINE CORE_6 1
        CPU_ONLINE CORE_7 1
        TPC_POWER_GATING TPC_PG_MASK 240
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_A78_0 MIN_FREQ 0
        CPU_A78_0 MAX_FREQ -1
        CPU_A78_1 MIN_FREQ 0
        CPU_A78_1 MAX_FREQ -1
        CPU_A78_2 MIN_FREQ 0
        CPU_A78_2 MAX_FREQ -1
        CPU_A78_3 MIN_FREQ 0
        CPU_A78_3 MAX_FREQ -1
        CPU_A78_4 MIN_FREQ 0
        CPU_A78_4 MAX_FREQ -1
        CPU_A78_5 MIN_FREQ 0
        CPU_A78_5 MAX_FREQ -1
        CPU_A78_6 MIN_FREQ 0
        CPU_A78_6 MAX_FREQ -1
        CPU_A78_7 MIN_FREQ 0
        CPU_A78_7 MAX_FREQ -1
        GPU MIN_FREQ 0
        GPU MAX_FREQ -1
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ -1

        < POWER_MODEL ID=1 NAME=10W >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 1
        CPU_ONLINE CORE_3 1
        CPU_ONLINE CORE_4 0
        CPU_ONLINE CORE_5 0
        CPU_ONLINE CORE_6 0
        CPU_ONLINE CORE_7 0
        TPC_POWER_GATING TPC_PG_MASK 252
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_A78_0 MIN_FREQ 0
        CPU_A78_0 MAX_FREQ 1190400
        CPU_A78_1 MIN_FREQ 0
        CPU_A78_1 MAX_FREQ 1190400
        CPU_A78_2 MIN_FREQ 0
        CPU_A78_2 MAX_FREQ 1190400
        CPU_A78_3 MIN_FREQ 0
        CPU_A78_3 MAX_FREQ 1190400
        GPU MIN_FREQ 0
        GPU MAX_FREQ 612000000
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ 2133000000

        < POWER_MODEL ID=2 NAME=15W >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 1
        CPU_ONLINE CORE_3 1
        CPU_ONLINE CORE_4 0
        CPU_ONLINE CORE_5 0
        CPU_ONLINE CORE_6 0
        CPU_ONLINE CORE_7 0
        TPC_POWER_GATING TPC_PG_MASK 252
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_A78_0 MIN_FREQ 0
        CPU_A78_0 MAX_FREQ 1420800
        CPU_A78_1 MIN_FREQ 0
        CPU_A78_1 MAX_FREQ 1420800
        CPU_A78_2 MIN_FREQ 0
        CPU_A78_2 MAX_FREQ 1420800
        CPU_A78_3 MIN_FREQ 0
        CPU_A78_3 MAX_FREQ 1420800
        GPU MIN_FREQ 0
        GPU MAX_FREQ 612000000
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ -1

        < POWER_MODEL ID=3 NAME=25W >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 1
        CPU_ONLINE CORE_3 1
        CPU_ONLINE CORE_4 1
        CPU_ONLINE CORE_5 1
        CPU_ONLINE CORE_6 1
        CPU_ONLINE CORE_7 1
        TPC_POWER_GATING TPC_PG_MASK 240
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_A78_0 MIN_FREQ 0
        CPU_A78_0 MAX_FREQ 1497600
        CPU_A78_1 MIN_FREQ 0
        CPU_A78_1 MAX_FREQ 1497600
        CPU_A78_2 MIN_FREQ 0
        CPU_A78_2 MAX_FREQ 1497600
        CPU_A78_3 MIN_FREQ 0
        CPU_A78_3 MAX_FREQ 1497600
        CPU_A78_4 MIN_FREQ 0
        CPU_A78_4 MAX_FREQ 1497600
        CPU_A78_5 MIN_FREQ 0
        CPU_A78_5 MAX_FREQ 1497600
        CPU_A78_6 MIN_FREQ 0
        CPU_A78_6 MAX_FREQ 1497600
        CPU_A78_7 MIN_FREQ 0
        CPU_A78_7 MAX_FREQ 1497600
        GPU MIN_FREQ 0
        GPU MAX_FREQ 408000000
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ -1

        < POWER_MODEL ID=4 NAME=40W >
        CPU_ONLINE CORE_0 1
        CPU_ONLINE CORE_1 1
        CPU_ONLINE CORE_2 1
        CPU_ONLINE CORE_3 1
        CPU_ONLINE CORE_4 1
        CPU_ONLINE CORE_5 1
        CPU_ONLINE CORE_6 1
        CPU_ONLINE CORE_7 1
        TPC_POWER_GATING TPC_PG_MASK 240
        GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN on
        CPU_A78_0 MIN_FREQ 0
        CPU_A78_0 MAX_FREQ 1497600
        CPU_A78_1 MIN_FREQ 0
        CPU_A78_1 MAX_FREQ 1497600
        CPU_A78_2 MIN_FREQ 0
        CPU_A78_2 MAX_FREQ 1497600
        CPU_A78_3 MIN_FREQ 0
        CPU_A78_3 MAX_FREQ 1497600
        CPU_A78_4 MIN_FREQ 0
        CPU_A78_4 MAX_FREQ 1497600
        CPU_A78_5 MIN_FREQ 0
        CPU_A78_5 MAX_FREQ 1497600
        CPU_A78_6 MIN_FREQ 0
        CPU_A78_6 MAX_FREQ 1497600
        CPU_A78_7 MIN_FREQ 0
        CPU_A78_7 MAX_FREQ 1497600
        GPU MIN_FREQ 0
        GPU MAX_FREQ 1173000000
        GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS auto
        EMC MAX_FREQ -1

        < PM_CONFIG DEFAULT=4 >
        """
}
